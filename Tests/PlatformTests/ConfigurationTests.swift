import Checks
import Settings
import Testing

@testable import Base
@testable import Platform

@Suite struct ConfigurationTests {
    private static func project(
        _ text: String,
        environment: [String: String] = [:]
    ) throws(TarnError) -> ProjectConfiguration {
        try ProjectConfiguration(
            parsing: Array(text.utf8),
            file: "tarn.yaml",
            folder: "/srv/shop",
            environment: Environment(environment)
        )
    }

    private static func source(
        _ text: String,
        environment: [String: String] = [:]
    ) throws(TarnError) -> SourceConfiguration {
        try SourceConfiguration(
            parsing: Array(text.utf8),
            file: "sources/shop.yaml",
            defaultName: "shop",
            environment: Environment(environment)
        )
    }

    private static func failure(_ body: () throws(TarnError) -> Void) -> TarnError? {
        do throws(TarnError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test("an empty file is all defaults", arguments: ["", "# nothing\n", "---\n", "http:\n"])
    func defaults(text: String) throws {
        let configuration = try Self.project(text)
        #expect(configuration.warehouse == "/srv/shop/warehouse")
        #expect(configuration.state == "/srv/shop/.tarn")
        #expect(configuration.http == ProjectConfiguration.HTTP())
        #expect(configuration.limits == ProjectConfiguration.Limits())
        #expect(configuration.landing == ProjectConfiguration.Landing())
    }

    @Test("every key of tarn.yaml is read")
    func everyKey() throws {
        let configuration = try Self.project(
            """
            warehouse: ../lake
            state: /var/lib/tarn
            http: {host: 127.0.0.2, port: 0}
            limits: {memory: 512MiB, threads: 3, query_timeout: 90s, query_rows: 1_000}
            landing: {commit_interval: 250ms, commit_rows: 10, memory: 8MiB, idle_interval: 1m}
            """
        )
        #expect(configuration.warehouse == "/srv/lake")
        #expect(configuration.state == "/var/lib/tarn")
        #expect(configuration.http.host == "127.0.0.2" && configuration.http.port == 0)
        #expect(configuration.limits.memoryBytes == 512 << 20 && configuration.limits.threads == 3)
        #expect(configuration.limits.queryTimeout == .seconds(90) && configuration.limits.queryRowsMax == 1000)
        #expect(configuration.landing.commitInterval == .milliseconds(250) && configuration.landing.commitRowsMax == 10)
        #expect(configuration.landing.memoryBytes == 8 << 20 && configuration.landing.idleInterval == .seconds(60))
    }

    @Test("a source's file is read, and its name is the file's")
    func source() throws {
        let source = try Self.source(
            """
            type: postgres
            connection: postgresql://tarn:${PASSWORD}@db/shop
            tables: [public.*, sales.orders]
            exclude: public.tmp_*
            slot: shop_slot
            publication: shop_pub
            readers: 2
            bronze: raw.{schema}_{table}
            silver: clean.{table}
            log_budget: 2GiB
            """,
            environment: ["PASSWORD": "a${b"]
        )
        #expect(source.name == "shop" && source.kind == .postgres)
        #expect(try source.connection == "postgresql://tarn:a%24%7Bb@db/shop")
        #expect(source.tables == ["public.*", "sales.orders"] && source.exclude == ["public.tmp_*"])
        #expect(source.slot == "shop_slot" && source.publication == "shop_pub" && source.readers == 2)
        #expect(source.bronze == "raw.{schema}_{table}" && source.silver == "clean.{table}")
        #expect(source.logBudgetBytes == 2 << 30)
    }

    private static let required = "type: postgres\nconnection: a\ntables: [b]\n"

    @Test("a source's file declares checks of its silver tables")
    func sourceChecks() throws {
        let source = try Self.source(
            Self.required + """
                checks:
                  - name: silver.orders
                    columns:
                      - name: id
                        checks: [not_null, unique]
                    checks:
                      - expression: amount >= 0
                        severity: warn
                  - name: silver.items
                    checks: [row_count > 0]
                """
        )
        #expect(source.checks.map(\.name.description) == ["silver.orders", "silver.items"])
        let checks = source.checks[0].declared.checks
        #expect(checks.map(\.name) == ["not_null(id)", "unique(id)", "expression(amount >= 0)"])
        #expect(checks.map(\.isOfRows) == [true, false, true])
    }

    @Test(
        "faults in the checks of a source are refused with their place",
        arguments: [
            ("checks: {name: silver.orders}", "sources/shop.yaml:4:9"),
            ("checks:\n  - name: orders", "sources/shop.yaml:5:11"),
            ("checks:\n  - nam: silver.orders", "sources/shop.yaml:5:5"),
            ("checks:\n  - name: silver.a\n    checks: [nut_null]", "sources/shop.yaml:6:14"),
            ("checks:\n  - name: silver.a\n  - name: silver.a", "sources/shop.yaml:6:11"),
            ("checks:\n  - name: silver.a\n    checks:\n      - expression: (a", "sources/shop.yaml:7:21"),
        ]
    )
    func sourceCheckFaults(text: String, place: String) throws {
        let error = try #require(Self.failure { () throws(TarnError) in _ = try Self.source(Self.required + text) })
        #expect(error.code == .configurationInvalid)
        #expect(error.detail.first { $0.key == "at" }?.value == place, "\(error)")
    }

    @Test("an unknown key is refused with its place and what was meant")
    func unknownKey() throws {
        let error = try #require(Self.failure { () throws(TarnError) in _ = try Self.project("http:\n  prot: 80\n") })
        #expect(error.code == .configurationInvalid)
        #expect(error.message == "There is no key `http.prot`.")
        #expect(error.detail == [TarnError.Detail(key: "at", value: "tarn.yaml:2:3")])
        #expect(error.remedy.hasPrefix("Did you mean `port`?"))
    }

    @Test(
        "a wrong value is refused with its place",
        arguments: [
            ("limits:\n  memory: 1", "tarn.yaml:2:11"), ("limits:\n  memory: 1GiBs", "tarn.yaml:2:11"),
            ("limits: {memory: 1KiB}", "tarn.yaml:1:18"), ("limits: {query_timeout: 5}", "tarn.yaml:1:25"),
            ("limits: {query_timeout: 0s}", "tarn.yaml:1:25"), ("limits: {threads: many}", "tarn.yaml:1:19"),
            ("limits: {memory: 99999999999TiB}", "tarn.yaml:1:18"), ("http: {port: 70000}", "tarn.yaml:1:14"),
            ("http: {host: 0.0.0.0}", "tarn.yaml:1:14"), ("http: {allow_remote: yes}", "tarn.yaml:1:22"),
            ("http: [1]", "tarn.yaml:1:7"), ("warehouse: {a: b}", "tarn.yaml:1:12"),
            ("warehouse: s3://bucket", "tarn.yaml:1:12"), ("warehouse: ${NOT_SET}", "tarn.yaml:1:12"),
            ("warehouse: ${NOT", "tarn.yaml:1:12"), ("- a", "tarn.yaml:1:1"), ("a: b: c", "tarn.yaml:1:5"),
            ("state: a\nstate: b", "tarn.yaml:2:1"),
            ("http:\n  port: 1\n  # port: 2\n\n  'port' : 3", "tarn.yaml:5:3"),
            ("http:\n  port: 1\nstate: a\nport: 2\nstate: b", "tarn.yaml:5:1"),
            ("http: {port: 1, port: 2}", "tarn.yaml:1:8"), ("warehouse: ''", "tarn.yaml:1:12"),
            ("state: ''", "tarn.yaml:1:8"), ("? [a]\n: b", "tarn.yaml:1:1"),
        ]
    )
    func wrongValue(text: String, place: String) throws {
        let error = try #require(Self.failure { () throws(TarnError) in _ = try Self.project(text) }, "\(text)")
        #expect(error.code == .configurationInvalid)
        #expect(error.detail.first?.value == place, "\(text)")
    }

    @Test("a service that other machines reach has to be asked for")
    func remote() throws {
        #expect(try Self.project("http: {host: 0.0.0.0, allow_remote: true}").http.host == "0.0.0.0")
        #expect(throws: TarnError.self) { try Self.project("http: {host: 10.0.0.1}") }
        #expect(throws: TarnError.self) { try Self.project("http: {host: 127.example.com}") }
    }

    @Test(
        "a source that cannot work is refused",
        arguments: [
            "connection: a\ntables: [b]", "type: postgres\ntables: [b]", "type: postgres\nconnection: a",
            "type: postgres\nconnection: a\nconnection_env: B\ntables: [c]", "type: mysql\nconnection: a\ntables: [b]",
            "type: postgres\nconnection: a\ntables: []", "type: postgres\nconnection: a\ntables: [b]\nname: Big",
            "type: postgres\nconnection: a\ntables: [b]\nslot: 'x y'",
            "type: postgres\nconnection: a\ntables: [b]\nbronze: bronze.orders",
            "type: postgres\nconnection: a\ntables: [b]\nbronze: '{table}'",
            "type: postgres\nconnection: a\ntables: [b]\nbronze: 'a.{tabel}{table}'",
        ]
    )
    func unusableSource(text: String) {
        let error = Self.failure { () throws(TarnError) in _ = try Self.source(text) }
        #expect(error?.code == .configurationInvalid)
    }

    @Test("a key that is written twice is named")
    func twice() {
        let error = Self.failure { () throws(TarnError) in _ = try Self.project("state: a\nstate: b") }
        #expect(error?.message == "The key `state` is written twice.")
    }

    @Test(
        "a secret is asked for when the source is connected to, not when its file is read",
        arguments: ["connection: 'host=db password=${NOT_SET}'", "connection_env: NOT_SET", "connection: [a]"]
    )
    func lateSecret(line: String) throws {
        let source = try Self.source("type: postgres\n\(line)\ntables: [b]")
        #expect(source.tables == ["b"])
        let error = Self.failure { () throws(TarnError) in _ = try source.connection }
        #expect(error?.code == .configurationInvalid)
        #expect(error?.detail.first?.value.hasPrefix("sources/shop.yaml:2:") == true)
    }

    @Test("no error shows what the file holds")
    func secrets() throws {
        let text = "type: postgres\nconnection: hunter2secret\ntables: [b]\nconnexion: hunter2secret\n"
        let error = try #require(Self.failure { () throws(TarnError) in _ = try Self.source(text) })
        #expect(!error.description.contains("hunter2secret"))
        let broken = "type: postgres\nconnection: hunter2secret: [\n"
        let second = try #require(Self.failure { () throws(TarnError) in _ = try Self.source(broken) })
        #expect(!second.description.contains("hunter2secret"))
    }

    @Test("deep nesting is refused before it can hurt")
    func nesting() {
        for text in [
            String(repeating: "[", count: 100_000), String(repeating: "- ", count: 100_000),
            String(repeating: "{a: ", count: 100_000), String(repeating: "? ", count: 100_000),
            (0..<2000).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n"),
        ] {
            #expect(throws: TarnError.self) { try Self.project(text) }
        }
    }

    @Test("damaged files are refused or read, and never trap")
    func mutated() {
        let whole = Array(
            """
            warehouse: ./warehouse # a comment
            http: &anchor
              host: "127.0.0.1"
              port: 7070
            limits: {memory: 1GiB, query_timeout: 5m}
            landing:
              commit_interval: 1s
              memory: !!str 96MiB
            state: ${HOME}

            """.utf8
        )
        let entropy = SeededEntropy(seed: 7)
        let interesting = Array("\u{0}\t\n !\"#$%&'*,-:<>?@[]{}|~\\0é".utf8) + [0xFF, 0xC0]
        var accepted = 0
        for _ in 0..<1500 {
            var bytes = whole
            for _ in 0..<(1 + entropy.next() % 4) {
                let at = Int(entropy.next() % UInt64(bytes.count))
                let byte = interesting[Int(entropy.next() % UInt64(interesting.count))]
                switch entropy.next() % 4 {
                case 0: bytes[at] = byte
                case 1: bytes.insert(byte, at: at)
                case 2: bytes.remove(at: at)
                default: bytes.removeSubrange(at...)
                }
                if bytes.isEmpty { break }
            }
            let result = try? ProjectConfiguration(
                parsing: bytes,
                file: "tarn.yaml",
                folder: "/",
                environment: Environment(["HOME": "x"])
            )
            if result != nil { accepted += 1 }
        }
        #expect(accepted > 0 && accepted < 1500)
    }
}
