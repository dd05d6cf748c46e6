import Base
import Testing

@testable import Assets

/// The words that pick assets mean what they mean in dbt.
@Suite struct SelectionTests {
    private static func project() async throws -> CompiledProject {
        try await Shop.compile([
            "assets/gold/joined.sql": "SELECT o.id, total, name FROM silver.orders o JOIN silver.customers c ON true",
            "assets/gold/daily.sql":
                "/* ---\ntags: [finance]\nowner: ada\n--- */\nSELECT sum(total) AS s FROM gold.joined",
            "assets/gold/best.sql": "/* ---\ntags: [finance, top]\n--- */\nSELECT max(s) AS m FROM gold.daily",
            "assets/gold/people.sql": "SELECT name FROM silver.customers",
            "assets/extra/deep/report.sql": "SELECT m, name FROM gold.best, gold.people",
        ])
    }

    private func names(_ words: String..., excluding: [String] = []) async throws -> [String] {
        try AssetSelection(try await Self.project()).assets(words, excluding: excluding).map(\.description)
    }

    @Test(
        "each word picks what it should",
        arguments: [
            ("", "gold.joined gold.people gold.daily gold.best extra.report"),
            ("gold.daily", "gold.daily"), ("+gold.daily", "gold.joined gold.daily"),
            ("gold.daily+", "gold.daily gold.best extra.report"),
            ("1+gold.best", "gold.daily gold.best"), ("gold.joined+1", "gold.joined gold.daily"),
            ("+gold.daily+1", "gold.joined gold.daily gold.best"),
            ("gold.*", "gold.joined gold.people gold.daily gold.best"),
            ("tag:finance", "gold.daily gold.best"), ("tag:finance,tag:top", "gold.best"),
            ("tag:top gold.people", "gold.people gold.best"), ("path:assets/extra", "extra.report"),
            ("path:assets/gold/daily.sql", "gold.daily"), ("owner:ada", "gold.daily"),
            ("silver.customers+", "gold.joined gold.people gold.daily gold.best extra.report"),
            ("silver.orders+1", "gold.joined"),
            ("@gold.people", "gold.joined gold.people gold.daily gold.best extra.report"),
        ]
    )
    func words(_ selection: String, _ expected: String) async throws {
        let words = selection.isEmpty ? [] : [selection]
        let picked = try AssetSelection(try await Self.project()).assets(words).map(\.description)
        #expect(picked.joined(separator: " ") == expected)
    }

    @Test("what is excluded is left out, with its neighbours where that is said")
    func exclude() async throws {
        #expect(try await names("gold.*", excluding: ["gold.daily+"]) == ["gold.joined", "gold.people"])
    }

    @Test("what was published with another plan, or never, is modified")
    func modified() async throws {
        let project = try await Self.project()
        var published = project.assets.mapValues(\.planHash)
        #expect(try AssetSelection(project, publishedPlans: published).assets(["state:modified"]).isEmpty)
        published[TableName("gold.daily")] = "other"
        published[TableName("gold.people")] = nil
        let selection = AssetSelection(project, publishedPlans: published)
        #expect(try selection.assets(["state:modified"]).map(\.name) == ["people", "daily"])
        #expect(try selection.assets(["state:new"]).map(\.name) == ["people"])
        #expect(try selection.assets(["state:modified+,tag:finance"]).map(\.name) == ["daily", "best"])
    }

    @Test(
        "a word that picks nothing, or is none, is an error that says which",
        arguments: ["gold.dayly", "tag:x", "state:old", "kind:a", "silver.orders"]
    )
    func nothing(word: String) async throws {
        let error = await #expect(throws: TarnError.self) { _ = try await names(word) }
        #expect(error?.code == .assetSelection)
        #expect(error?.detail.first?.value == word)
    }

    @Test(
        "names with stars",
        arguments: [
            ("a*c", "abbc", true), ("a*c", "abb", false), ("*", "", true), ("a?c", "abc", true), ("a?", "a", false),
            ("*a*b*", "xaybz", true),
        ]
    )
    func globs(_ pattern: String, _ text: String, _ isMatch: Bool) {
        #expect(Glob.matches(text, pattern) == isMatch)
    }
}
