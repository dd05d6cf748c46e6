/// On whose behalf the lake is queried or written: every query and every commit names it. Commits are held to the owner
/// of each table; queries are not restricted yet.
package struct AccessContext: Sendable, Hashable {
    /// `user:name` for a person, `source:name` for a landing, `assets` for the materialisation of
    /// assets, `system` for Tarn's own work.
    package let principal: String

    package static let system = AccessContext(principal: "system")

    package static let assets = AccessContext(principal: "assets")

    package static func source(_ name: String) -> AccessContext { AccessContext(principal: "source:\(name)") }

    var isPerson: Bool { principal.hasPrefix("user:") }

    package static func user(_ name: String) -> AccessContext { AccessContext(principal: "user:\(name)") }
}
