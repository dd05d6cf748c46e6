import Base
import Settings
import TestKit
import Testing

@testable import Checks

@Suite struct ReaderTests {
    @Test("checks stand beneath columns and beneath the table, short or with options")
    func forms() throws {
        let checks = try declared(
            """
            columns:
              - name: id
                description: the key
                checks:
                  - not_null
                  - unique
                  - missing(id) = 0
              - name: status
                checks:
                  - accepted_values: [new, paid]
                  - length: {max: 10, severity: warn, where: id > 5, description: short}
                  - pattern: ^[a-z]+$
                    name: small letters
                  - format: email
              - name: amount
                tests: [{range: ">= 0"}, {expression: "< 10"}]
            checks:
              - unique: [id, line]
              - row_count: between 1 and 5
              - check: avg(amount) > 0
                severity: warn
              - sql: SELECT 1
            """
        )
        #expect(
            checks.map(\.name) == [
                "not_null(id)", "unique(id)", "missing(id) = 0", "accepted_values(status)", "length(status)",
                "small letters",
                "format(status)", "range(amount)", "expression(\"amount\" < 10)", "unique(id, line)", "row_count",
                "avg(amount) > 0", "sql(SELECT 1)",
            ]
        )
        #expect(checks[4].severity == .warn)
        #expect(checks[4].filter?.text == "id > 5")
        #expect(checks[4].description == "short")
        #expect(checks[4].place.description == "orders.yaml:11:9")
        #expect(checks[11].severity == .warn)
        #expect(CheckTypes.faults(of: checks, in: Shop.schema).isEmpty)
    }

    @Test("dbt's spellings mean the same")
    func dbt() throws {
        let checks = try declared(
            """
            columns:
              - name: customer_id
                data_tests:
                  - not_null:
                      config: {severity: warn, where: "id > 1", error_if: ">10"}
                  - relationships:
                      arguments: {to: ref('silver.customers'), field: id}
                  - accepted_values: {values: [1, 2]}
                  - dbt_utils.accepted_range: {min_value: 0}
            checks:
              - dbt_utils.unique_combination_of_columns: {combination_of_columns: [id, line]}
              - dbt_utils.expression_is_true: {expression: "amount > 0"}
            """
        )
        #expect(
            checks.map(\.kindName) == ["not_null", "relationships", "accepted_values", "range", "unique", "expression"]
        )
        #expect(checks[0].severity == .warn)
        #expect(checks[0].expectation.description == "<= 10")
        #expect(checks[1].otherTables.map(\.name) == ["silver.customers"])
    }

    @Test("names are unique, whoever gave them")
    func names() throws {
        let checks = try declared(
            "checks: [{not_null: id}, {not_null: id, where: a > 1}, {not_null: id, name: not_null(id) (2)}]"
        )
        #expect(Set(checks.map(\.name)).count == 3)
        #expect(checks[0].name == "not_null(id)")
    }

    @Test("each fault has its place and says what was probably meant, and the others go on")
    func faults() throws {
        let declared = try declarations(
            """
            columns:
              - description: nameless
              - name: amount
                checks: [not_nul, {rang: {min: 1}}, {range: {mn: 1}}, {range: }, {severity: warn}, [a]]
              - name: id
                checks: {not_null: true}
            checks:
              - not_null
              - unique: {columns: [id], severity: eror}
              - range: {column: amount, min: cheap}
              - range: {columns: [amount, id], min: 1}
              - accepted_values: {column: status}
              - accepted_values: {column: active, values: [yes]}
              - relationships: {column: id, to: customers, field: id}
              - relationships: {columns: [id, line], to: a.b, fields: [id]}
              - format: {column: status, format: emial}
              - row_count: many
              - row_count: {min: few}
              - row_count: {at_most: 5, min: 1}
              - freshness: {column: ordered_at, max_age: 5}
              - freshness: {column: ordered_at, warn_after: {count: 5, period: moon}}
              - schema: {exact: [id], contains: [line]}
              - schema: {exact: {id: bigin}}
              - monotonic: {column: line}
              - monotonic: {column: line, order_by: id, direction: up}
              - deviation: {metric: sum(amount), within: 20}
              - deviation: {metric: sum(amount), within: 20%, window: 90m}
              - quantile: {column: amount, quantile: 2, max: 1}
              - sql: SELECT (1
              - expression: {expression: a > 1, expression_: 2}
              - not_null: {column: id, warn_if: lots}
              - not_null: {column: id, at_most: few}
              - not_null: {column: id, config: {column: line}}
              - schema: {exact: [id], where: a > 1}
              - sql: {sql: SELECT 1, where: a > 1}
              - sql: {sql: SELECT 1, at_most: 5%}
              - avg: {column: amount, is: "< 5%"}
              - avg: {column: amount, max: 5%}
              - avg: {column: amount, error_if: "> 5%"}
              - deviation: {metric: sum(amount), within: 20%, error_if: "> 5"}
              - expression: {expression: a > 1, column: a}
              - sum(status) > 1
              - missing(amuont) = 0
              - length: {column: amount, min: 1}
              - max(day) > 5
              - positive: {column: day}
              - duplicates(tags) = 0
              - mising(a) = 0
              - invalid(email, format: email) = 0
            """
        )
        let faults = declared.faults + CheckTypes.faults(of: declared.checks, in: Shop.schema)
        expectGolden(faults.map(\.description).joined(separator: "\n\n") + "\n", "faults.txt")
    }

    @Test("a file holds the checks of one table or of several")
    func files() throws {
        func read(_ yaml: String) throws -> [CheckFile.Table] {
            try CheckFile.read(ConfigurationDocument.parse(Array(yaml.utf8), file: "checks/a.yaml"))
        }
        let one = try read("table: silver.orders\ncolumns: [{name: id, checks: [not_null]}]\nchecks: [row_count > 0]")
        #expect(one.map(\.name.description) == ["silver.orders"])
        #expect(one[0].declared.checks.map(\.name) == ["not_null(id)", "row_count > 0"])
        let two = try read(
            "version: 2\nmodels: [{name: a.b, data_tests: [row_count > 0]}, "
                + "{name: c.d, columns: [{name: x, chekcs: []}]}]"
        )
        #expect(two.map(\.name.description) == ["a.b", "c.d"])
        #expect(two[1].declared.faults.first?.remedy.contains("`checks`") == true)
        for wrong in [
            "", "[]", "a", "table: orders", "checks: []", "tables: [a]", "tables: {a: b}", "table: a.b\ncheks: []",
        ] {
            #expect(throws: TarnError.self) { try read(wrong) }
        }
    }
}
