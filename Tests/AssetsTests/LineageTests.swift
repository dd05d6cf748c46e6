import Base
import TestKit
import Testing

@testable import Assets

/// What each output column derives from, and what decides about rows: read from the engine's own bound plans.
@Suite struct LineageTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let title: String
        let sql: String
        let expected: String

        init(_ title: String, _ sql: String, _ expected: String) {
            self.title = title
            self.sql = sql
            self.expected = expected
        }

        var testDescription: String { title }
    }

    @Test("every part of SQL keeps its columns apart", arguments: LineageTests.cases)
    func lineage(_ sample: Case) async throws {
        let project = try await Shop.compile(sql: sample.sql)
        #expect(project.report == "")
        let lineage = try #require(project.assets[TableName("gold.answer")]?.lineage)
        #expect(lineage.summary == sample.expected, "\(sample.sql)")
    }

    private static let cases = [
        Case(
            "values, joins and filters",
            """
            SELECT o.id, total * quantity AS value FROM silver.orders o JOIN silver.items i ON i.order_id = o.id
            WHERE status = 'paid'
            """,
            """
            id: orders.id identity
            value: items.quantity transformation, orders.total transformation
            rows: items.order_id join, orders.id join, orders.status filter
            """
        ),
        Case(
            "groups, aggregates with their own filter, and HAVING",
            """
            SELECT status, sum(total) FILTER (WHERE customer_id > 1) AS value, count(*) AS n FROM silver.orders
            GROUP BY status HAVING max(ordered_at) > TIMESTAMPTZ '2026-01-01'
            """,
            """
            status: orders.status identity
            value: orders.total aggregation | orders.customer_id filter
            n:\u{20}
            rows: orders.ordered_at filter, orders.status group_by
            """
        ),
        Case(
            "an expression that is used twice, and one that is not used",
            """
            WITH paid AS (SELECT id, total FROM silver.orders WHERE status = 'paid'),
                unused AS (SELECT * FROM silver.customers)
            SELECT a.id, b.total FROM paid a JOIN paid b USING (id)
            """,
            """
            id: orders.id identity
            total: orders.total identity
            rows: orders.id join, orders.status filter
            """
        ),
        Case(
            "a recursive expression",
            """
            WITH RECURSIVE steps(id, other, n) AS (
                SELECT id, customer_id, 1 FROM silver.orders
                UNION ALL
                SELECT s.other, c.id, n + 1 FROM steps s JOIN silver.customers c ON c.country = 'x' WHERE n < 3
            )
            SELECT id, n FROM steps
            """,
            """
            id: customers.id identity, orders.customer_id identity, orders.id identity
            n:\u{20}
            rows: customers.country filter
            """
        ),
        Case(
            "subqueries: scalar, correlated, EXISTS, IN",
            """
            SELECT o.id, (SELECT max(price) FROM silver.items i WHERE i.order_id = o.id) AS top,
                (SELECT count(*) FROM silver.customers WHERE country = 'x') AS n
            FROM silver.orders o
            WHERE EXISTS (SELECT 1 FROM silver.customers c WHERE c.id = o.customer_id)
                AND status IN (SELECT product FROM silver.items)
            """,
            """
            id: orders.id identity
            top: items.price aggregation | items.order_id filter, orders.id filter+group_by+join
            n:  | customers.country filter
            rows: customers.id filter, items.product filter, orders.customer_id filter, orders.status filter
            """
        ),
        Case(
            "IN and EXISTS as values",
            """
            SELECT status IN (SELECT product FROM silver.items) AS known FROM silver.orders
            """,
            """
            known: items.product transformation, orders.status transformation
            """
        ),
        Case(
            "windows and QUALIFY",
            """
            SELECT id, sum(total) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS running FROM silver.orders
            QUALIFY row_number() OVER (PARTITION BY status ORDER BY id) = 1
            """,
            """
            id: orders.id identity
            running: orders.total aggregation | orders.customer_id window, orders.ordered_at window
            rows: orders.id filter, orders.status filter
            """
        ),
        Case(
            "unions and what is taken away",
            """
            SELECT id, status FROM silver.orders UNION ALL SELECT order_id, product FROM silver.items
            EXCEPT SELECT id, name FROM silver.customers
            """,
            """
            id: items.order_id identity, orders.id identity
            status: items.product identity, orders.status identity
            rows: customers.id filter, customers.name filter, items.order_id filter+group_by, \
            items.product filter+group_by, orders.id filter+group_by, orders.status filter+group_by
            """
        ),
        Case(
            "lists, in SELECT and in FROM",
            """
            SELECT unnest(tags) AS tag, t.other FROM silver.orders, unnest(tags) AS t(other)
            """,
            """
            tag: orders.tags transformation
            other: orders.tags transformation
            rows: orders.tags join
            """
        ),
        Case(
            "fields of a struct, also by way of an expression",
            """
            WITH a AS (SELECT address AS a FROM silver.orders)
            SELECT a.city, a['ZIP'] AS zip, upper(a.city) AS big, a AS whole FROM a
            """,
            """
            city: orders.address.city identity
            zip: orders.address.zip identity
            big: orders.address.city transformation
            whole: orders.address identity
            """
        ),
        Case(
            "all kinds of joins",
            """
            SELECT o.id, i.product, c.name, b.op FROM silver.orders o
            LEFT JOIN silver.items i ON i.order_id = o.id AND i.quantity > o.id
            FULL JOIN silver.customers c ON c.id = o.customer_id
            SEMI JOIN reference.countries r ON r.code = c.country
            CROSS JOIN bronze.orders b
            """,
            """
            id: orders.id identity
            product: items.product identity
            name: customers.name identity
            op: orders.op identity
            rows: countries.code join, customers.country join, customers.id join, items.order_id join, \
            items.quantity join, orders.customer_id join, orders.id join
            """
        ),
        Case(
            "ASOF and lateral joins",
            """
            SELECT o.id, i.price, l.twice FROM silver.orders o
            ASOF JOIN silver.items i ON i.order_id = o.customer_id AND i.price <= o.total,
            LATERAL (SELECT o.total * 2 AS twice) l
            """,
            """
            id: orders.id identity
            price: items.price identity
            twice: orders.total transformation
            rows: items.order_id join, items.price join, orders.customer_id join, orders.total join
            """
        ),
        Case(
            "SELECT * with exceptions",
            "SELECT * EXCLUDE (country) REPLACE (id + 1 AS id) FROM silver.customers",
            """
            id: customers.id transformation
            name: customers.name identity
            """
        ),
        Case(
            "DISTINCT ON, order and limit",
            "SELECT DISTINCT ON (status) id FROM silver.orders ORDER BY status, total LIMIT 3",
            """
            id: orders.id identity
            rows: orders.status group_by+sort, orders.total sort
            """
        ),
        Case(
            "PIVOT and lambdas",
            """
            SELECT *, list_transform([paid], x -> x + status_count) AS l FROM (
                PIVOT (SELECT status, total, 1 AS status_count FROM silver.orders)
                ON status IN ('paid') USING sum(total) GROUP BY status_count
            )
            """,
            """
            status_count:\u{20}
            paid: orders.total aggregation | orders.status filter
            l: orders.total aggregation | orders.status filter
            """
        ),
    ]

    @Test("a view over an aggregate is followed through the whole project, down to the table of the source")
    func wholeGraph() async throws {
        let project = try await Shop.compile([
            "assets/gold/daily.sql":
                "SELECT CAST(ordered_at AS date) AS day, sum(total) AS revenue FROM gold.paid GROUP BY day",
            "assets/gold/paid.sql": "SELECT * FROM silver.orders WHERE status = 'paid'",
            "assets/gold/best.sql": "SELECT max(revenue) AS best FROM gold.daily",
        ])
        #expect(project.report == "")
        let graph = LineageGraph(project)
        expectGolden(try LineageReport(of: "gold.best.best", .up, in: graph).text, "lineage-up.txt")
        expectGolden(try LineageReport(of: "silver.orders.total", .down, in: graph).text, "lineage-down.txt")
        let edges = try LineageReport(of: "shop:public.orders.status", .down, in: graph).edges.map(\.output.description)
        #expect(edges.contains("gold.daily"))
    }
}
