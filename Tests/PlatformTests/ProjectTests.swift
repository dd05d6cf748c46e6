import Base
import Settings
import TestKit
import Testing

@testable import Platform

@Suite struct ProjectTests {
    @Test("a new project's files say what the defaults are")
    func template() async throws {
        try await withTemporaryFolder { folder in
            let written = try ProjectTemplate.write(to: folder)
            #expect(written == ["tarn.yaml", "sources/example.yaml.txt", ".gitignore"])
            let project = try Project.open(folder)
            #expect(project.configuration.warehouse == "\(folder)/warehouse")
            #expect(project.configuration.http == ProjectConfiguration.HTTP())
            #expect(try project.sources().isEmpty)
            #expect(throws: TarnError.self) { try ProjectTemplate.write(to: folder) }
        }
    }

    @Test("the commented keys of a new project are real keys with their real defaults")
    func commentedKeys() async throws {
        try await withTemporaryFolder { folder in
            _ = try ProjectTemplate.write(to: folder)
            let bytes = try #require(try Files.read("\(folder)/tarn.yaml"))
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            let uncommented = lines.map { line in
                let isKey = line.hasPrefix("# limits:") || line.hasPrefix("# landing:") || line.hasPrefix("#   ")
                return isKey ? String(line.dropFirst(2)) : String(line)
            }.joined(separator: "\n")
            let configuration = try ProjectConfiguration(
                parsing: Array(uncommented.utf8),
                file: "tarn.yaml",
                folder: folder,
                environment: Environment([:])
            )
            var limits = ProjectConfiguration.Limits()
            limits.threads = 2
            limits.queryRowsMax = 1_000_000
            #expect(configuration.limits == limits)
            #expect(configuration.landing == ProjectConfiguration.Landing())
        }
    }

    @Test("a project is found from a folder below it")
    func found() async throws {
        try await withTemporaryFolder { folder in
            _ = try ProjectTemplate.write(to: folder)
            #expect(try Project.open(nil, from: "\(folder)/sources").folder == folder)
            #expect(throws: TarnError.self) { try Project.open("\(folder)/sources") }
            #expect(throws: TarnError.self) { try Project.open(nil, from: "/") }
        }
    }

    @Test("the file that `source add` writes is read back, whatever the connection holds")
    func sourceFile() async throws {
        try await withTemporaryFolder { folder in
            _ = try ProjectTemplate.write(to: folder)
            let connection = "host=db password='it''s \"#\\ #: {secret}'"
            try Files.write(
                ProjectTemplate.source(connection: .text(connection), tables: ["public.*", "a.b"], exclude: ["*.tmp"]),
                to: "\(folder)/sources/shop.yaml",
                isSecret: true
            )
            try Files.write(
                ProjectTemplate.source(connection: .variable("CRM_URL"), tables: ["x.y"], exclude: []),
                to: "\(folder)/sources/crm.yaml"
            )
            let project = try Project.open(folder, environment: Environment(["CRM_URL": "service=crm"]))
            let sources = try project.sources()
            #expect(sources.map(\.name) == ["crm", "shop"])
            #expect(try sources[0].connection == "service=crm")
            #expect(try sources[1].connection == connection)
            #expect(sources[1].tables == ["public.*", "a.b"] && sources[1].exclude == ["*.tmp"])
            #expect(throws: TarnError.self) { try project.source(named: "shopp") }
        }
    }

    @Test("what failed is said of a folder or of a file")
    func failures() async throws {
        try await withTemporaryFolder { folder in
            let made = #expect(throws: TarnError.self) { try Files.makeFolder("/proc/none/state") }
            #expect(made?.message.hasPrefix("Could not make the folder: ") == true)
            let read = #expect(throws: TarnError.self) { try Files.read(folder) }
            #expect(read?.message.hasPrefix("Could not read the file: ") == true)
        }
    }

    @Test("a broken file of one source leaves the others usable")
    func brokenFile() async throws {
        try await withTemporaryFolder { folder in
            _ = try ProjectTemplate.write(to: folder)
            let whole = ProjectTemplate.source(connection: .variable("NOT_SET"), tables: ["a.b"], exclude: [])
            try Files.write(whole, to: "\(folder)/sources/shop.yaml")
            try Files.write("type: postgres\ntabels: [b]\n", to: "\(folder)/sources/crm.yaml")
            let project = try Project.open(folder, environment: Environment([:]))
            #expect(try project.source(named: "shop").tables == ["a.b"])
            #expect(throws: TarnError.self) { try project.sources() }
            let own = #expect(throws: TarnError.self) { try project.source(named: "crm") }
            #expect(own?.message == "There is no key `tabels`.")
            let missing = #expect(throws: TarnError.self) { try project.source(named: "erp") }
            #expect(missing?.message == "There is no source of this name.")
            #expect(missing?.detail.last?.value == "sources/crm.yaml")
        }
    }

    @Test("two files with the same source name are refused")
    func sameName() async throws {
        try await withTemporaryFolder { folder in
            _ = try ProjectTemplate.write(to: folder)
            for file in ["a", "b"] {
                try Files.write(
                    "name: shop\ntype: postgres\nconnection: a\ntables: [b]\n",
                    to: "\(folder)/sources/\(file).yaml"
                )
            }
            #expect(throws: TarnError.self) { try Project.open(folder).sources() }
            #expect(throws: TarnError.self) { try Project.open(folder).source(named: "shop") }
        }
    }

    @Test("a second process is told who runs the project")
    func lock() async throws {
        try await withTemporaryFolder { folder in
            let first = try ProjectLock(stateFolder: folder)
            #expect(ProjectLock.isHeld(stateFolder: folder))
            do throws(TarnError) {
                _ = try ProjectLock(stateFolder: folder)
                Issue.record("the lock was taken twice")
            } catch {
                #expect(error.description.contains("tarn up"))
            }
            _ = consume first
            #expect(!ProjectLock.isHeld(stateFolder: folder))
        }
    }
}
