/* ---
description: What was sold each day (UTC), what came in, and what went back.
owner: finance
tags: [finance]
materialized: full
every: 5s
columns:
  - name: day
    checks: [not_null, unique]
  - name: revenue
    description: Of the lines of orders that were not cancelled.
    checks: [not_null]
checks:
  - reconciliation: {metric: sum(revenue), to: gold.joined_orders, to_metric: sum(amount)}
  - max(day) newer than 30 days
contract:
  day: date
  orders: bigint
  revenue: decimal(38, 2)
  paid: decimal(38, 2)
  refunded: decimal(38, 2)
--- */
WITH sold AS (
    SELECT day, count(DISTINCT order_id) AS orders, sum(amount) AS revenue
    FROM gold.joined_orders
    GROUP BY day
),
paid AS (
    SELECT CAST(paid_at AS date) AS day, sum(amount) AS paid
    FROM silver.payments
    GROUP BY ALL
),
refunded AS (
    SELECT CAST(refunded_at AS date) AS day, sum(amount) AS refunded
    FROM silver.refunds
    GROUP BY ALL
)
SELECT
    day,
    coalesce(sold.orders, 0) AS orders,
    coalesce(sold.revenue, 0) AS revenue,
    coalesce(paid.paid, 0) AS paid,
    coalesce(refunded.refunded, 0) AS refunded
FROM sold
FULL JOIN paid USING (day)
FULL JOIN refunded USING (day)
