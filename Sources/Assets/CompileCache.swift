package import Base
package import Columns
import Query

/// What earlier compilations found, for what has not changed since.
///
/// Only results without a problem are kept, each under everything that it was made of: a fingerprint that differs in
/// anything makes it anew. So a compilation with a cache gives what one without would give. It can be lost at any time.
package struct CompileCache: Sendable {
    /// One file of an asset.
    struct Entry: Sendable {
        var file: Fingerprint
        var namespace: String?
        var canReadItself: Bool
        var hasChecks: Bool
        var statement: ReadStatement
        var plan: Plan?
        var binding: Binding?
        var checks: BoundChecks?
    }

    /// The hash of a plan, with the checks from files of their own that belong to it.
    struct Plan: Sendable {
        var checks: Fingerprint
        var hash: String
    }

    /// What the statement came to over these inputs.
    struct Binding: Sendable {
        var inputs: Fingerprint
        var schema: Schema
        /// As bytes: few commands look at it.
        var lineage: [UInt8]
    }

    /// Checks that fit what they read.
    struct BoundChecks: Sendable {
        /// Of the table's columns, the checks from files, and every table that was found under these names.
        var key: Fingerprint
        /// The other tables as they are named in checks.
        var references: [TableReference]
    }

    private static let magic = "tarn compile 2"

    private let version: String
    var entries: [String: Entry] = [:]
    var tables: [TableName: BoundChecks] = [:]
    /// The columns of tables of the lake, by what names one state of them for ever.
    private var schemas: [String: Schema] = [:]
    private var usedSchemas: Set<String> = []
    /// Something in it is not what was read.
    package internal(set) var isChanged = false
    /// The assets whose statements the last compilation bound anew, in no order that means anything.
    var bound: [TableName] = []

    /// An empty cache.
    ///
    /// - Parameter version: of everything that compiles: what another version left is of no use.
    package init(version: String) { self.version = version }

    /// What `serialized` gave; empty where the bytes are damaged or of another version.
    package init(_ bytes: [UInt8], version: String) {
        self.init(version: version)
        guard bytes.count > 16 else { return }
        let content = Array(bytes.dropLast(16))
        do throws(TarnError) {
            var end = CacheReader(Array(bytes.suffix(16)))
            guard try end.fingerprint() == Fingerprint(content) else { return }
            var reader = CacheReader(content)
            guard try reader.text() == Self.magic, try reader.text() == version else { return }
            let entries = try reader.list { (reader) throws(TarnError) in try reader.entry() }
            let tables = try reader.list { (reader) throws(TarnError) in (try reader.table(), try reader.checks()) }
            let schemas = try reader.list { (reader) throws(TarnError) in (try reader.text(), try reader.schema()) }
            self.schemas = Dictionary(schemas) { first, _ in first }
            self.entries = Dictionary(entries) { first, _ in first }
            self.tables = Dictionary(tables) { first, _ in first }
        } catch {
            // A cache that cannot be read is no cache; nothing was taken from it.
        }
    }

    /// The columns of a table of the lake, as they are kept or as `read` gives them. Those that nobody asks for are
    /// not kept on.
    ///
    /// - Parameter state: names the table as it is now; the same name never stands for other columns.
    package mutating func schema(
        of state: String,
        read: () async throws(TarnError) -> Schema
    ) async throws(TarnError) -> Schema {
        usedSchemas.insert(state)
        if let known = schemas[state] { return known }
        let schema = try await read()
        schemas[state] = schema
        isChanged = true
        return schema
    }

    package func serialized() -> [UInt8] {
        var writer = CacheWriter()
        writer.text(Self.magic)
        writer.text(version)
        writer.list(entries.sorted { $0.key < $1.key }) { $0.entry($1.key, $1.value) }
        writer.list(tables.sorted { $0.key < $1.key }) { writer, item in
            writer.table(item.key)
            writer.checks(item.value)
        }
        writer.list(schemas.filter { usedSchemas.contains($0.key) }.sorted { $0.key < $1.key }) { writer, item in
            writer.text(item.key)
            writer.schema(item.value)
        }
        writer.fingerprint(Fingerprint(writer.bytes))
        return writer.bytes
    }
}

extension CacheWriter {
    fileprivate mutating func entry(_ path: String, _ entry: CompileCache.Entry) {
        text(path)
        fingerprint(entry.file)
        optional(entry.namespace) { $0.text($1) }
        flag(entry.canReadItself)
        flag(entry.hasChecks)
        text(entry.statement.hash)
        list(entry.statement.uses) { writer, use in
            writer.optional(use.namespace) { $0.text($1) }
            writer.text(use.name)
            writer.flag(use.hasVersion)
            writer.number(use.byte)
        }
        optional(entry.plan) { writer, plan in
            writer.fingerprint(plan.checks)
            writer.text(plan.hash)
        }
        optional(entry.binding) { writer, binding in
            writer.fingerprint(binding.inputs)
            writer.schema(binding.schema)
            writer.block(binding.lineage)
        }
        optional(entry.checks) { $0.checks($1) }
    }

    fileprivate mutating func checks(_ checks: CompileCache.BoundChecks) {
        fingerprint(checks.key)
        list(checks.references) { writer, reference in
            writer.optional(reference.namespace) { $0.text($1) }
            writer.text(reference.name)
        }
    }
}

extension CacheReader {
    fileprivate mutating func entry() throws(TarnError) -> (String, CompileCache.Entry) {
        let path = try text()
        let entry = CompileCache.Entry(
            file: try fingerprint(),
            namespace: try optional { (reader) throws(TarnError) in try reader.text() },
            canReadItself: try flag(),
            hasChecks: try flag(),
            statement: ReadStatement(
                hash: try text(),
                uses: try list { (reader) throws(TarnError) in
                    TableUse(
                        namespace: try reader.optional { (reader) throws(TarnError) in try reader.text() },
                        name: try reader.text(),
                        hasVersion: try reader.flag(),
                        byte: try reader.number()
                    )
                }
            ),
            plan: try optional { (reader) throws(TarnError) in
                CompileCache.Plan(checks: try reader.fingerprint(), hash: try reader.text())
            },
            binding: try optional { (reader) throws(TarnError) in
                CompileCache.Binding(
                    inputs: try reader.fingerprint(),
                    schema: try reader.schema(),
                    lineage: try reader.block()
                )
            },
            checks: try optional { (reader) throws(TarnError) in try reader.checks() }
        )
        return (path, entry)
    }

    fileprivate mutating func checks() throws(TarnError) -> CompileCache.BoundChecks {
        CompileCache.BoundChecks(
            key: try fingerprint(),
            references: try list { (reader) throws(TarnError) in
                TableReference(
                    namespace: try reader.optional { (reader) throws(TarnError) in try reader.text() },
                    name: try reader.text()
                )
            }
        )
    }
}
