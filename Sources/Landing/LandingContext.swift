package import Base
package import Engine
package import Lake

/// What every part of one source's landing needs.
package struct LandingContext: Sendable {
    package let source: String
    package let lake: Lake
    package let engine: Engine
    package let options: LandingOptions
    /// Where the key indexes lie, a folder a table.
    package let indexFolder: String
    package let time: any TimeSource
    package let entropy: any Entropy
    /// Nil where the source's file declares none.
    package var checks: RowChecks?

    package init(
        source: String,
        lake: Lake,
        engine: Engine,
        options: LandingOptions,
        indexFolder: String,
        time: any TimeSource,
        entropy: any Entropy
    ) {
        self.source = source
        self.lake = lake
        self.engine = engine
        self.options = options
        self.indexFolder = indexFolder
        self.time = time
        self.entropy = entropy
    }

    var access: AccessContext { .source(source) }

    func writer() throws(TarnError) -> DataFileWriter {
        DataFileWriter(store: lake.store, connection: try engine.connect(), entropy: entropy)
    }

    func indexFolder(of folder: TableFolder) -> String {
        "\(indexFolder)/\(folder.key.replacing("/", with: "-"))"
    }
}
