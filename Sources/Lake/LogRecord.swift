package import Base

/// One object of the commit log: the commits that together made one lake version.
package struct LogRecord: Sendable, Equatable {
    package var version: Int64
    /// Later than the time of every earlier version, whatever the clocks did.
    package var time: Timestamp
    package var commits: [Commit]
}

/// What one author changed, all of it or nothing.
package struct Commit: Sendable, Equatable {
    /// Unique, so that an unclear write can be told from somebody else's.
    package var id: String
    package var author: String
    /// What kind of work it was: `landing`, `snapshot`, `register` …
    package var cause: String
    package var message: String
    /// The branch on which the tables changed; nil for main.
    package var branch: String?
    package var tables: [TableEffect]
    package var sources: [SourceEffect]
    package var reference: ReferenceEffect?
    /// Further facts in the author's own form, kept as they are.
    package var details: JSONValue?
}

/// What a commit did to one table: a new state, or nil when the table was dropped.
package struct TableEffect: Sendable, Equatable {
    package var name: TableName
    package var state: TableState?
    /// On a branch: the state of main that the branch's own took the place of; nil where main had no such table.
    package var base: TableState?
}

/// What a commit did to a branch or a tag.
package enum ReferenceEffect: Sendable, Equatable {
    /// Made from a version of main, or dropped where that is nil.
    case branch(String, base: Int64?)
    /// Set on a version of main, or dropped where that is nil.
    case tag(String, version: Int64?)
    /// The commit's tables of these names are those of the branch, which goes on from there unless it was dropped.
    case publish(String, tables: [TableName], drops: Bool)
}

/// Which metadata file is a table's current one.
package struct TableState: Sendable, Equatable {
    package var uuid: String
    /// The key of the metadata file in the warehouse, or the URI of one outside it.
    package var metadata: String
    package var owner: TableOwner
    /// The current Iceberg snapshot; nil for a table that never had rows.
    package var snapshotID: Int64?
}

/// Who alone may commit to a table.
package enum TableOwner: Sendable, Hashable, CustomStringConvertible {
    /// A mirror: only the landing of this source.
    case source(String)
    /// An asset: only the materialisation of assets.
    case assets
    /// Tarn itself: landing, the materialisation of assets, and its own work add rows; no person does.
    case system
    /// Anyone with the grant.
    case open

    package var description: String {
        switch self {
        case .source(let name): "source:\(name)"
        case .assets: "assets"
        case .system: "system"
        case .open: "open"
        }
    }

    init?(_ text: String) {
        if text == "open" {
            self = .open
        } else if text == "assets" {
            self = .assets
        } else if text == "system" {
            self = .system
        } else if text.hasPrefix("source:") {
            self = .source(String(text.dropFirst(7)))
        } else {
            return nil
        }
    }
}

/// What a commit did to a source: how far it came, and what changed of its tables' shapes and states.
package struct SourceEffect: Sendable, Equatable {
    package var name: String
    /// Nil when the source was removed.
    package var state: SourceState?
}

/// How far the lake has come with a source.
package struct SourceState: Sendable, Equatable {
    /// Everything up to here is in the lake.
    package var position: String
    /// The source's own time of the last transaction; nil before the first.
    package var time: Timestamp?
    /// Which log the position is a place in; nil in records of older versions.
    package var identity: String?
    /// What the landing needs to go on, in its own form.
    package var tables: JSONValue

    package init(position: String, time: Timestamp?, identity: String? = nil, tables: JSONValue) {
        self.position = position
        self.time = time
        self.identity = identity
        self.tables = tables
    }
}
