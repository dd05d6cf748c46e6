import Base
import Capture
import Lake
import Landing
import Testing

@testable import Platform

@Suite struct NameCheckTests {
    private static func problems(
        _ names: [(String, String)],
        bronze: String = "bronze.{table}",
        silver: String = "silver.{table}"
    ) -> [SetupProblem] {
        var options = LandingOptions()
        options.bronzeName = bronze
        options.silverName = silver
        let tables = names.map { SourceTableName(namespace: $0.0, name: $0.1) }
        return NameCheck("shop", options).problems(tables, .empty)
    }

    @Test("two tables that would have one name in the lake are named, unless the templates tell them apart")
    func collisions() {
        let twins = [("other", "good"), ("public", "good")]
        let messages = Self.problems(twins).map(\.message)
        #expect(messages.contains("public.good and other.good would both become bronze.good."))
        #expect(Self.problems(twins, bronze: "bronze.{schema}_{table}", silver: "silver.{schema}_{table}").isEmpty)
        #expect(!Self.problems([("public", "t")], silver: "bronze.{table}").isEmpty)
    }

    @Test("a table whose name cannot be one in the lake is named")
    func unusable() {
        let problems = Self.problems([("public", "a.b"), ("public", "fine")])
        #expect(problems.count == 1 && problems[0].message.contains("public.a.b"))
    }
}
