package import Base
import Columns
import Engine
import Lake

/// What a test came to.
package struct AssetTestResult: Sendable {
    /// How it ended.
    package enum Outcome: Sendable {
        case passed
        /// The rows that differ, as a picture of lines.
        case failed(difference: String)
        /// It could not be run.
        case broken(Problem)
    }

    package let test: AssetTest
    package let outcome: Outcome

    package var isPassed: Bool { if case .passed = outcome { true } else { false } }
}

/// Runs tests of assets on an engine in memory, each in a catalog of its own, without the lake and without any service.
package actor AssetTestRun {
    private let project: CompiledProject
    private let connection: EngineConnection
    private var catalogCount = 0

    private static let memoryBytes = 512 << 20

    package init(_ project: CompiledProject) throws(TarnError) {
        self.project = project
        let configuration = EngineConfiguration(
            memoryLimitBytes: Self.memoryBytes,
            threads: 1,
            isLockedDown: true
        )
        connection = try Engine(configuration).connect()
    }

    package func run(_ test: AssetTest) async throws(TarnError) -> AssetTestResult {
        let catalog = "test_\(catalogCount)"
        catalogCount += 1
        try await connection.execute("ATTACH ':memory:' AS \(catalog); USE \(catalog)")
        let outcome: AssetTestResult.Outcome
        do throws(TarnError) {
            outcome = try await compared(test)
        } catch {
            outcome = .broken(Problem(error, in: test.place.file, fallback: test.place))
        }
        try await connection.execute("USE memory; DETACH \(catalog)")
        return AssetTestResult(test: test, outcome: outcome)
    }

    private func compared(_ test: AssetTest) async throws(TarnError) -> AssetTestResult.Outcome {
        guard let asset = project.assets[test.asset] else { throw missing(test.asset, test.place) }
        guard let schema = asset.schema else {
            throw failure(
                "The asset has problems.",
                test.place,
                ["asset": test.asset.description],
                remedy: "Run `tarn compile` to see them."
            )
        }
        let inputs = asset.inputs + (asset.readsItself ? [test.asset] : [])
        if let stranger = test.given.first(where: { !inputs.contains($0.table) }) {
            throw failure(
                "The asset does not read a table that the test gives.",
                stranger.rows.place,
                [
                    "table": stranger.table.description,
                    "inputs": inputs.map(\.description).joined(separator: ", "),
                ]
            )
        }
        for input in inputs {
            let rows = test.given.first { $0.table == input }?.rows
            try await make(ShadowCatalog.sql(input), project.columns(of: input), rows)
        }
        let expected = try fields(test.expected, of: schema)
        try await connection.execute("CREATE SCHEMA tarn_test")
        try await make("tarn_test.expected", expected, test.expected)
        let columns = expected.map { sqlIdentifier($0.name) }.joined(separator: ", ")
        try await connection.execute("CREATE TABLE tarn_test.actual AS \(asset.asset.sql)")
        let answer = "(SELECT \(columns) FROM tarn_test.actual)"
        let missing = try await rows("FROM tarn_test.expected EXCEPT ALL FROM \(answer)", expected)
        let surplus = try await rows("FROM \(answer) EXCEPT ALL FROM tarn_test.expected", expected)
        guard !missing.isEmpty || !surplus.isEmpty else { return .passed }
        return .failed(
            difference: RowDifference(columns: expected.map(\.name), missing: missing, surplus: surplus).text
        )
    }

    private func fields(_ expected: TestRows, of schema: Schema) throws(TarnError) -> [Field] {
        guard !expected.columns.isEmpty else { return schema.fields }
        if let unknown = expected.columns.first(where: { schema.field(named: $0) == nil }) {
            throw unknownColumn(unknown, schema.fields, expected.place)
        }
        return schema.fields.filter { expected.columns.contains($0.name) }
    }

    private func make(_ table: String, _ fields: [Field], _ rows: TestRows?) async throws(TarnError) {
        if let namespace = table.split(separator: ".").first, namespace != "tarn_test" {
            try await connection.execute("CREATE SCHEMA IF NOT EXISTS \(namespace)")
        }
        let columns = fields.map { "\(sqlIdentifier($0.name)) \($0.type.sql)" }
        try await connection.execute("CREATE TABLE \(table) (\(columns.joined(separator: ", ")))")
        guard let rows else { return }
        if let unknown = rows.columns.first(where: { name in !fields.contains { $0.name == name } }) {
            throw unknownColumn(unknown, fields, rows.place)
        }
        for row in rows.rows { try await insert(row, into: table, fields) }
    }

    private func insert(_ row: TestRows.Row, into table: String, _ fields: [Field]) async throws(TarnError) {
        let values = fields.enumerated().map { $1.cast("$\($0 + 1)", row.values[$1.name]) }
        let parameters = fields.map { Parameter(row.values[$0.name]) }
        do throws(TarnError) {
            _ = try await connection.query(
                "INSERT INTO \(table) VALUES (\(values.joined(separator: ", ")))",
                parameters: parameters
            )
        } catch {
            for field in fields {
                let value = row.values[field.name]
                do throws(TarnError) {
                    _ = try await connection.query("SELECT \(field.cast("$1", value))", parameters: [Parameter(value)])
                } catch {
                    throw failure(
                        "A value does not fit the type of its column.",
                        row.place,
                        ["column": field.name, "type": field.type.sql]
                    )
                }
            }
            throw error
        }
    }

    /// The rows as texts, in an order of their own.
    private func rows(_ query: String, _ fields: [Field]) async throws(TarnError) -> [[String?]] {
        let texts = fields.map { "CAST(\(sqlIdentifier($0.name)) AS VARCHAR)" }.joined(separator: ", ")
        let result = try await connection.query("SELECT \(texts) FROM (\(query)) AS rows ORDER BY ALL")
        return result.batches.flatMap { batch in
            (0..<batch.rowCount).map { row in
                batch.columns.map { column in
                    guard !column.isNull(row), case .slices(let slices) = column.storage else { return nil }
                    return String(decoding: slices[row], as: UTF8.self)
                }
            }
        }
    }

    private func missing(_ name: TableName, _ place: SourcePlace) -> TarnError {
        let error = failure("There is no asset of this name.", place, ["asset": name.description])
        let near = Spelling.nearest(to: name.description, among: project.assets.keys.sorted(), by: \.description)
        return near.isEmpty ? error : error.adding("did you mean", near.map(\.description).joined(separator: ", "))
    }

    private func unknownColumn(_ name: String, _ fields: [Field], _ place: SourcePlace) -> TarnError {
        let error = failure("The table has no such column.", place, ["column": name])
        let near = Spelling.nearest(to: name, among: fields, by: \.name)
        return near.isEmpty ? error : error.adding("did you mean", near.map(\.name).joined(separator: ", "))
    }

    private func failure(
        _ message: String,
        _ place: SourcePlace,
        _ detail: KeyValuePairs<String, String>,
        remedy: String? = nil
    ) -> TarnError {
        TarnError(.assetTest, message, detail: detail, remedy: remedy).adding("at", place.description)
    }
}

extension CompiledProject {
    /// The columns of an asset or of another table.
    func columns(of name: TableName) -> [Field] {
        (assets[name]?.schema ?? catalog.tables[name]?.schema)?.fields ?? []
    }
}

extension Field {
    fileprivate func cast(_ parameter: String, _ value: TestRows.Value?) -> String {
        if case .nested = value { return "CAST(CAST(\(parameter) AS JSON) AS \(type.sql))" }
        return "CAST(CAST(\(parameter) AS VARCHAR) AS \(type.sql))"
    }
}

extension Parameter {
    fileprivate init(_ value: TestRows.Value?) {
        switch value {
        case .text(let text), .nested(let text): self = .text(text)
        case .null, nil: self = .null
        }
    }
}
