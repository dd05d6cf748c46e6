/* ---
description: What each customer ordered, paid and got back.
owner: sales
tags: [sales, customers]
materialized: full
every: 5s
columns:
  - name: customer_id
    checks:
      - not_null
      - unique
      - relationships: {to: silver.customers, field: id}
checks:
  - row_count = row_count of silver.customers
--- */
WITH ordered AS (
    SELECT customer_id, count(DISTINCT order_id) AS orders, sum(amount) AS revenue, max(ordered_at) AS last_order_at
    FROM gold.joined_orders
    GROUP BY customer_id
),
returned AS (
    SELECT o.customer_id, sum(r.amount) AS refunded
    FROM silver.refunds AS r
    JOIN silver.payments AS p ON p.id = r.payment_id
    JOIN silver.orders AS o ON o.id = p.order_id
    GROUP BY o.customer_id
)
SELECT
    c.id AS customer_id,
    c.country,
    coalesce(ordered.orders, 0) AS orders,
    coalesce(ordered.revenue, 0) AS revenue,
    coalesce(returned.refunded, 0) AS refunded,
    ordered.last_order_at
FROM silver.customers AS c
LEFT JOIN ordered ON ordered.customer_id = c.id
LEFT JOIN returned ON returned.customer_id = c.id
