import Base
import Testing

@testable import Checks

@Suite struct ExpressionTests {
    private static let readings: [(text: String, kind: String, expectation: String)] = [
        ("missing(customer_id) = 0", "not_null(customer_id)", "= 0"),
        ("MISSING_COUNT(customer_id)=0", "not_null(customer_id)", "= 0"),
        ("missing_percent(x) < 1.5", "not_null(x)", "< 1.5%"), ("missing(x) < 1 %", "not_null(x)", "< 1%"),
        ("duplicates(order_id, line) = 0", "unique(order_id, line)", "= 0"),
        ("duplicate_count(\"Order Id\") != 3", "unique(Order Id)", "!= 3"),
        ("row_count between 10 and 1_000", "row_count", "between 10 and 1000"),
        ("row_count not between 10 and 1000", "row_count", "not between 10 and 1000"),
        ("invalid(email, format: email) < 1%", "format(email)", "< 1%"),
        ("invalid_percent(sku, pattern: '^S') <= 1", "pattern(sku)", "<= 1%"),
        ("invalid(status, values: ['a', 'b']) = 0", "accepted_values(status)", "= 0"),
        ("invalid(line, min: -1, max: 9) = 0", "range(line)", "= 0"),
        ("invalid(line, min_length: 1, max_length: 9) = 0", "length(line)", "= 0"),
        ("avg(amount) between 5 and 50", "avg(amount)", "between 5 and 50"),
        ("sum(amount) >= -1.50", "sum(amount)", ">= -1.50"),
        ("quantile(amount, 0.95) < 9", "quantile(amount, 0.95)", "< 9"),
        ("max(ordered_at) newer than 2 hours", "freshness(ordered_at)", "<= 7200"),
        ("freshness(ordered_at) < 1d", "freshness(ordered_at)", "<= 86400"),
        ("revenue within 20% of 7 day average", "deviation(sum(revenue))", "any"),
        ("row_count within 0.5% of 30 days average", "deviation(row_count)", "any"),
        ("row_count_change between -10% and 50%", "row_count_change", "between -10% and 50%"),
        ("sum(a) = sum(b) of silver.orders", "reconciliation(sum(a), silver.orders)", "any"),
        ("row_count within 1% of row_count of silver.orders", "reconciliation(row_count, silver.orders)", "any"),
        ("distinct(status) = 5", "distinct(status)", "= 5"),
    ]

    @Test("a check of one line is read", arguments: readings)
    func reads(text: String, kind: String, expectation: String) throws {
        let check = try expression(text)
        #expect(check.defaultName == kind)
        #expect(check.expectation.description == expectation)
        #expect(check.filter == nil)
    }

    @Test("what follows where is SQL, with its place")
    func filter() throws {
        let check = try expression("missing(a) = 0 where status = 'it''s' and b > 1")
        #expect(check.filter?.text == " status = 'it''s' and b > 1")
        #expect(check.filter?.place.character == 21)
        #expect(check.fragments.count == 1)
    }

    private static let faults: [(text: String, character: Int, message: String)] = [
        ("", 1, "expected a check"), ("= 0", 1, "expected the name of a check or a column, found `=`"),
        ("missing(a)", 11, "expected a condition"), ("missing(a) = ", 14, "expected a value"),
        ("missing(a) = x", 14, "expected a value"), ("missing a = 0", 9, "expected a condition"),
        ("missing(a = 0", 11, "expected `)`"), ("missing() = 0", 9, "expected a column"),
        ("missing(a, b) = 0", 13, "expected a single column"), ("mising(a) = 0", 1, "There is no check `mising`"),
        ("avrg(a) = 0", 1, "There is no check `avrg`"), ("row_count between 1", 20, "expected `and`"),
        ("row_count between 1 and", 24, "expected a value"), ("row_count > 1%", 14, "expected a value without `%`"),
        ("row_count > 1 2", 15, "expected `where`, or the end"), ("row_count is 5", 11, "expected a condition"),
        ("invalid(a) = 0", 10, "expected `,` and what is valid"),
        ("invalid(a, format: emial) = 0", 20, "There is no format `emial`"),
        ("invalid(a, fromat: email) = 0", 12, "There is no option `fromat`"),
        ("invalid(a, pattern: 5) = 0", 21, "a text in quotes"),
        ("max(a) newer than", 18, "expected an age"), ("max(a) newer than 2 moons", 19, "expected an age in seconds"),
        ("min(a) newer than 2 hours", 8, "expected `max(column)`"), ("a within 20 of 7 day average", 16, "percentage"),
        ("a within 20% of 0 day average", 17, "a number of days"), ("a within 20% of 7 weeks", 19, "`day average`"),
        ("a within 20% of sum(b) of orders", 33, "expected `.`"), ("missing(a) = 0 where", 21, "The SQL is empty"),
        ("missing(a) = 0 where b)", 23, "closed that was not opened"), ("missing(a) = 0 where (b", 21, "not closed"),
        ("missing(a) = 0 where b; DROP", 23, "semicolon"), ("missing(a) = 0 where 'b", 22, "A quote is not closed"),
        ("missing(a) = 0 where b /* x", 24, "A comment is not closed"),
        ("quantile(a, 2) = 1", 1, "There is no metric `quantile`"),
    ]

    @Test("what cannot be read says where, and what was expected", arguments: faults)
    func unreadable(text: String, character: Int, message: String) throws {
        let error = try #require(throws: TarnError.self) { try expression(text) }
        #expect(error.code == .configurationInvalid)
        #expect(error.message.contains(message), "\(error)")
        #expect(error.detail.first?.value == "orders.yaml:3:5")
        #expect(error.detail.last?.value == String(character), "\(error)")
    }

    @Test("a slip of the pen is answered with what was meant")
    func suggestions() throws {
        let error = try #require(throws: TarnError.self) { try expression("mising(a) = 0") }
        #expect(error.remedy.contains("Did you mean `missing`?"))
    }

    @Test(
        "SQL that could reach beyond its place is refused",
        arguments: [
            "a) OR (b", "a; b", "'a", "\"a", "/* a", "a */ b /*", "$$ a", "$x$ a $y$", "e'\\' = a", "[a)", "{a", "a\0b",
            "", " -- a",
        ]
    )
    func hostileFragments(text: String) {
        #expect(throws: TarnError.self) {
            try SQLFragment(text, .condition, at: CheckPlace(file: "f", line: 1, column: 1))
        }
    }

    @Test(
        "harmless SQL is taken as it is",
        arguments: [
            "a = ';'", "a -- b)", "a /* ( /* ) */ ; */ = 1", "a = $$ ; ' $$", "a = $q$ $$ ) $q$", "a = e'\\' ; )'",
            "x[1] = {'a': (1)}",
            "\"a;b\" > 1",
        ]
    )
    func harmlessFragments(text: String) throws {
        let fragment = try SQLFragment(text, .condition, at: CheckPlace(file: "f", line: 1, column: 1))
        #expect(fragment.text == text)
    }
}
