import Base
import Engine
import Lake

/// A table at one version as a view will show it.
struct TableScan: Sendable {
    let snapshot: TableSnapshot
    let select: String
    /// Rows come with their places in files.
    let hasPositions: Bool

    init(_ snapshot: TableSnapshot, hasPositions: Bool = false) {
        self.snapshot = snapshot
        self.hasPositions = hasPositions
        select = ScanSQL(snapshot, hasPositions: hasPositions).select
    }
}

/// The views through which one connection reads tables, under the tables' own names, so that every way to name a column
/// works as on a real table.
///
/// A second catalog takes what a statement reads of one table at a second version. Used by one statement at a time.
actor ViewCatalog {
    private struct Slot: Hashable {
        let catalog: String
        /// In lower case, as the engine tells names apart.
        let name: String
    }

    private let connection: EngineConnection
    private let prefix: String
    private var catalogCount = 0
    private var namespaces: Set<Slot> = []
    private var views: [Slot: (table: TableName, select: String)] = [:]

    /// - Parameter prefix: begins the names of the catalogs; no other connection of the engine may have the same.
    init(connection: EngineConnection, prefix: String) {
        self.connection = connection
        self.prefix = prefix
    }

    func views(
        for scans: [(reference: TableReference, scan: TableScan)]
    ) async throws(TarnError) -> [TableReference: ViewName] {
        var used: [Slot: (table: TableName, select: String)] = [:]
        var result: [TableReference: ViewName] = [:]
        for (reference, scan) in scans {
            let wanted = (table: scan.snapshot.name, select: scan.select)
            var number = 0
            while let other = used[slot(number, wanted.table)], other != wanted { number += 1 }
            let slot = slot(number, wanted.table)
            used[slot] = wanted
            try await show(wanted, in: slot, number: number)
            result[reference] = ViewName(catalog: slot.catalog, table: wanted.table)
        }
        return result
    }

    /// Takes the catalogs away; the connection cannot read tables afterwards.
    func detach() async throws(TarnError) {
        while catalogCount > 0 {
            catalogCount -= 1
            try await connection.execute("DETACH \(sqlIdentifier("\(prefix)_\(catalogCount)"))")
        }
    }

    private func slot(_ number: Int, _ table: TableName) -> Slot {
        Slot(catalog: "\(prefix)_\(number)", name: table.description.lowercased())
    }

    private func show(_ view: (table: TableName, select: String), in slot: Slot, number: Int) async throws(TarnError) {
        if let shown = views[slot], shown == view { return }
        let catalog = sqlIdentifier(slot.catalog)
        let schema = "\(catalog).\(sqlIdentifier(view.table.namespace))"
        if number == catalogCount {
            try await connection.execute("ATTACH ':memory:' AS \(catalog)")
            catalogCount += 1
        }
        let namespace = Slot(catalog: slot.catalog, name: view.table.namespace.lowercased())
        if !namespaces.contains(namespace) {
            try await connection.execute("CREATE SCHEMA IF NOT EXISTS \(schema)")
            namespaces.insert(namespace)
        }
        views[slot] = nil
        try await connection.execute(
            "CREATE OR REPLACE VIEW \(schema).\(sqlIdentifier(view.table.name)) AS \(view.select)"
        )
        views[slot] = view
    }
}
