internal import Base
internal import Capture

/// Questions to the server's catalog. They are asked through whatever connection `ask` stands for, so that a snapshot
/// can ask them inside its own transaction.
struct Catalog {
    typealias Ask = (_ sql: String, _ parameters: [String?]) async throws(TarnError) -> [[String?]]

    let ask: Ask

    /// Tables that could be captured, by name; leaves of partitioned tables belong to their root.
    /// - Parameter measures: their sizes too, for which the server waits when somebody has a table for himself.
    func tables(
        _ configuration: PostgresSourceConfiguration,
        measures: Bool = true
    ) async throws(TarnError) -> [SourceTable] {
        let blocks = measures ? "pg_relation_size(c.oid) / current_setting('block_size')::bigint" : "0"
        let rows = try await ask(
            """
            SELECT c.oid, n.nspname, c.relname, c.relkind, c.relreplident,
                \(blocks),
                greatest(c.reltuples, 0)::bigint,
                has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
                AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            ORDER BY n.nspname, c.relname
            """,
            []
        )
        let found = rows.compactMap(Self.table).filter {
            configuration.includes(namespace: $0.namespace, name: $0.name)
        }
        return try await described(found)
    }

    private static func table(_ row: [String?]) -> SourceTable? {
        guard let oid = row[0].flatMap({ UInt32($0) }), let namespace = row[1], let name = row[2] else { return nil }
        return SourceTable(
            oid: oid,
            namespace: namespace,
            name: name,
            isPartitioned: row[3] == "p",
            identity: row[4] ?? "n",
            blocks: row[5].flatMap { Int64($0) } ?? 0,
            estimatedRows: row[6].flatMap { Int64($0) } ?? 0,
            isReadable: row[7] == "t"
        )
    }

    private func described(_ tables: [SourceTable]) async throws(TarnError) -> [SourceTable] {
        let oids = Self.array(tables.map(\.oid))
        let columns = try await ask(
            """
            SELECT attrelid, attname, atttypid, atttypmod, format_type(atttypid, atttypmod)
            FROM pg_attribute
            WHERE attrelid = ANY($1::oid[]) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
            ORDER BY attrelid, attnum
            """,
            [oids]
        )
        let keys = try await ask(
            """
            SELECT i.indrelid, a.attname
            FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
            CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
            WHERE i.indrelid = ANY($1::oid[]) AND k.place <= i.indnkeyatts AND i.indimmediate
                AND CASE c.relreplident WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END
            ORDER BY i.indrelid, k.place
            """,
            [oids]
        )
        var places: [UInt32: Int] = [:]
        for (index, table) in tables.enumerated() { places[table.oid] = index }
        var result = tables
        for row in columns {
            guard let place = row[0].flatMap({ UInt32($0) }).flatMap({ places[$0] }), let column = Self.column(row)
            else { continue }
            result[place].columns.append(column)
        }
        for row in keys {
            guard let place = row[0].flatMap({ UInt32($0) }).flatMap({ places[$0] }), let name = row[1] else {
                continue
            }
            result[place].key.append(name)
        }
        let layouts = try await layouts(of: tables.map(\.oid))
        for index in result.indices { result[index].layout = layouts[result[index].oid] }
        return result
    }

    /// From the catalog's own tables alone: functions about a table's files wait for its locks.
    private func layouts(of oids: [UInt32]) async throws(TarnError) -> [UInt32: TableLayout] {
        let rows = try await ask(
            """
            WITH RECURSIVE parts(root, part) AS (
                SELECT o, o FROM unnest($1::oid[]) AS o
                UNION ALL
                SELECT p.root, i.inhrelid FROM parts p JOIN pg_inherits i ON i.inhparent = p.part
                JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition
            )
            SELECT t.oid,
                (SELECT string_agg(a.attnum::text, ',' ORDER BY a.attnum) FROM pg_attribute a
                    WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
                (SELECT string_agg(k.attnum::text, ',' ORDER BY k.place)
                    FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)
                    WHERE i.indrelid = t.oid AND k.place <= i.indnkeyatts AND i.indimmediate
                        AND CASE t.relreplident WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END),
                (SELECT string_agg(p.part || '=' || c.relfilenode, ',') FROM parts p
                    JOIN pg_class c ON c.oid = p.part AND c.relkind = 'r' WHERE p.root = t.oid)
            FROM pg_class t WHERE t.oid = ANY($1::oid[])
            """,
            [Self.array(oids)]
        )
        var layouts: [UInt32: TableLayout] = [:]
        for row in rows {
            guard let oid = row[0].flatMap({ UInt32($0) }) else { continue }
            let files = Self.items(row[3]).compactMap { item -> (UInt64, UInt64)? in
                let sides = item.split(separator: "=").compactMap { UInt64($0) }
                return sides.count == 2 ? (sides[0], sides[1]) : nil
            }
            layouts[oid] = TableLayout(
                columns: Self.items(row[1]).compactMap { Int($0) },
                key: Self.items(row[2]).compactMap { Int($0) },
                files: Dictionary(files) { $1 }
            )
        }
        return layouts
    }

    private static func items(_ text: String?) -> [Substring] { text?.split(separator: ",") ?? [] }

    private static func column(_ row: [String?]) -> SourceTable.Column? {
        guard let name = row[1], let type = row[2].flatMap({ UInt32($0) }), let modifier = row[3].flatMap({ Int32($0) })
        else { return nil }
        return SourceTable.Column(name: name, type: type, modifier: modifier, typeName: row[4] ?? "?")
    }

    /// The entries of the given types and of all that they are made of.
    func types(_ oids: some Sequence<UInt32>) async throws(TarnError) -> [UInt32: TypeCatalog.Entry] {
        let rows = try await ask(
            """
            WITH RECURSIVE wanted(oid) AS (
                SELECT unnest($1::oid[])
                UNION
                SELECT CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.typelem END
                FROM wanted w JOIN pg_type t ON t.oid = w.oid WHERE t.typtype = 'd' OR t.typcategory = 'A'
            )
            SELECT t.oid, t.typtype, t.typcategory, t.typbasetype, t.typtypmod, t.typelem, t.typname,
                format_type(t.oid, NULL)
            FROM wanted w JOIN pg_type t ON t.oid = w.oid
            """,
            [Self.array(oids)]
        )
        var entries: [UInt32: TypeCatalog.Entry] = [:]
        for row in rows {
            guard let oid = row[0].flatMap({ UInt32($0) }) else { continue }
            entries[oid] = Self.entry(row)
        }
        return entries
    }

    private static func entry(_ row: [String?]) -> TypeCatalog.Entry {
        let name = row[7] ?? "?"
        if row[6] == "int2vector" || row[6] == "oidvector" { return .unsupported(name) }
        if row[1] == "e" { return .wire(.text) }
        if row[1] == "d", let base = row[3].flatMap({ UInt32($0) }), let modifier = row[4].flatMap({ Int32($0) }) {
            return .domain(of: base, modifier: modifier)
        }
        if row[2] == "A", let element = row[5].flatMap({ UInt32($0) }), element != 0 { return .array(of: element) }
        if row[1] == "b", row[6] == "citext" { return .wire(.text) }
        return .unsupported(name)
    }

    func typeCatalog(for tables: [SourceTable]) async throws(TarnError) -> TypeCatalog {
        var catalog = TypeCatalog()
        let oids = Set(tables.flatMap { $0.columns.map(\.type) }).sorted()
        for (oid, entry) in try await types(oids) { catalog.add(entry, for: oid) }
        return catalog
    }

    /// What a relation message leaves open: unknown types, and columns that old rows may hold a value in.
    func facts(_ message: RelationMessage) async throws(TarnError) -> RelationFacts {
        let rows = try await ask(
            """
            SELECT a.attname, a.atthasmissing OR a.atthasdef OR a.attidentity <> '' OR coalesce(t.typdefault, '') <> ''
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
            """,
            [String(message.oid)]
        )
        let entries = try await types(Set(message.columns.map(\.type)).sorted())
        return RelationFacts(
            types: entries,
            columnsWithDefault: Set(rows.filter { $0[1] == "t" }.compactMap { $0[0] }),
            columns: Set(rows.compactMap { $0[0] }),
            layout: try await layouts(of: [message.oid])[message.oid]
        )
    }

    /// The leaves of a partitioned table, as SQL names.
    func leaves(of table: SourceTable) async throws(TarnError) -> [String] {
        let rows = try await ask(
            """
            SELECT n.nspname, c.relname FROM pg_partition_tree($1::oid::regclass) t
            JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE t.isleaf AND c.relkind = 'r' ORDER BY c.oid
            """,
            [String(table.oid)]
        )
        return rows.compactMap { row in
            guard let namespace = row[0], let name = row[1] else { return nil }
            return "\(namespace.quoted).\(name.quoted)"
        }
    }

    private static func array(_ oids: some Sequence<UInt32>) -> String {
        "{" + oids.map { String($0) }.joined(separator: ",") + "}"
    }
}

extension Session {
    nonisolated var catalog: Catalog {
        Catalog { (sql, parameters) throws(TarnError) in try await self.rows(sql, parameters) }
    }
}
