import Base
import Columns
import Lake
import TestKit
import Testing
import Web

@testable import Platform

/// What commands show of a project while nothing runs.
@Suite struct ReportTests {
    private static func withProject(_ body: (Project) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            _ = try ProjectTemplate.write(to: folder)
            let project = try Project.open(folder)
            try await Composition.createLake(project)
            try await body(project)
        }
    }

    @Test("marks and documentation of a column stand below their heading")
    func described() async throws {
        try await Self.withProject { project in
            let lake = try await Composition.open(project).lake
            let name = TableName(namespace: "silver", name: "orders")
            let schema = Schema(
                fields: [
                    Field(id: 1, name: "id", type: .long, isRequired: true, documentation: "given by the shop"),
                    Field(id: 2, name: "at", type: .date, isRequired: true),
                    Field(id: 3, name: "note", type: .string),
                ],
                identifierFieldIDs: [1]
            )
            var request = CommitRequest(cause: "test", message: "create")
            let folder = TableFolder(name, entropy: SystemEntropy())
            request.tables[name] = .create(NewTable(folder: folder, owner: .open, schema: schema))
            try await lake.commit(request, as: .system)
            let text = try await TableDescription.make(of: "orders", in: lake).text
            let expected = """
                id  column  type     about
                 1  id      BIGINT   key, given by the shop
                 2  at      DATE     required
                 3  note    VARCHAR

                """
            #expect(text.hasSuffix(expected), "\(text)")
        }
    }

    @Test("a source that cannot be asked says why, and what does not run has no process")
    func resting() async throws {
        try await Self.withProject { project in
            let connections = ["away": "host=127.0.0.1 port=1 connect_timeout=2", "unset": "password=${NOT_SET_HERE}"]
            for (name, connection) in connections {
                let text = ProjectTemplate.source(connection: .text(connection), tables: ["a.b"], exclude: [])
                try Files.write(text, to: "\(project.sourcesFolder)/\(name).yaml")
            }
            let report = try await StatusReport.make(project)
            #expect(report.status.sources.map(\.phase) == [.stopped, .stopped])
            #expect(report.status.sources[0].failure?.contains("[source.unavailable]") == true)
            #expect(report.status.sources[1].failure?.contains("NOT_SET_HERE") == true)
            for key in ["status", "pid", "started_at", "url"] { #expect(report.json[key]?.isNull == true, "\(key)") }
            #expect(report.json["running"]?.bool == false)
            let text = StatusText.render(report.status, address: nil)
            #expect(text.contains("not running") && text.contains("NOT_SET_HERE"))
        }
    }
}
