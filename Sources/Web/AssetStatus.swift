package import Base

/// One asset as a running Tarn knows it.
package struct AssetStatus: Sendable, Equatable {
    package var name: String
    /// The version that published what readers see; nil where this process did not see it published.
    package var publishedVersion: Int64?
    package var publishedAt: Timestamp?
    /// The run that built it last, whatever came of it.
    package var lastRun: String?
    /// Why the last run did not publish it; nil where it did.
    package var failure: String?
    package var isBuilding = false
    /// Its file cannot be understood.
    package var hasProblems = false

    package init(name: String) { self.name = name }

    /// One word for people and programs.
    package var state: String {
        if hasProblems { return "problems" }
        if isBuilding { return "building" }
        if failure != nil { return "not published" }
        return publishedVersion == nil ? "waiting" : "published"
    }
}
