package import Base
package import Columns
import Query

/// The tables that assets can read beside each other.
package struct TableCatalog: Sendable {
    package var tables: [TableName: KnownTable]
    /// Sources that were neither landed nor asked: their tables are not known yet.
    package var unknownSources: [String]

    package init(tables: [TableName: KnownTable] = [:], unknownSources: [String] = []) {
        self.tables = tables
        self.unknownSources = unknownSources
    }
}

/// One table that is no asset of the project, with its columns.
package struct KnownTable: Sendable {
    /// Who alone writes it.
    package enum Owner: Sendable, Hashable {
        case source(String)
        /// A former run of this project: an asset of the same name takes it over.
        case assets
        case system
        case open
    }

    /// What a mirror shows.
    package enum Origin: Sendable, Hashable {
        /// Every change of a table of a source.
        case changes(source: String, table: String)
        /// The rows of a table of a source as they are now, by way of its changes.
        case rows(of: TableName)
    }

    package let schema: Schema
    package let owner: Owner
    package let origin: Origin?

    package init(schema: Schema, owner: Owner, origin: Origin? = nil) {
        self.schema = schema
        self.owner = owner
        self.origin = origin
    }
}

/// Finds the table that a statement means.
struct NameLookup {
    private let byLowercased: [String: [TableName]]
    private let names: TableNames
    private let unknownSources: [String]

    init(_ names: some Collection<TableName>, unknownSources: [String]) {
        byLowercased = Dictionary(grouping: names) { $0.description.lowercased() }
        self.names = TableNames(names)
        self.unknownSources = unknownSources
    }

    /// - Throws: `lake.tableMissing`.
    func find(_ reference: TableReference) throws(TarnError) -> TableName {
        if reference.namespace != nil, let found = byLowercased[reference.description.lowercased()], found.count == 1 {
            return found[0]
        }
        do throws(TarnError) {
            return try names.find(reference)
        } catch {
            guard reference.namespace != nil, error.message.hasPrefix("The lake has no") else { throw error }
            var missing = error
            missing.message = "There is no asset and no table of this name."
            missing.remedy = remedy
            throw missing
        }
    }

    private var remedy: String {
        guard !unknownSources.isEmpty else {
            return "Correct the name; `tarn tables` and `tarn ls` list what there is."
        }
        let commands = unknownSources.map { "`tarn source check \($0)`" }.joined(separator: " or ")
        return "Correct the name. If it is a table of a source that was never asked, run \(commands) first."
    }
}
