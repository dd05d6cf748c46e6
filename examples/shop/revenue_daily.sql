-- What gold.revenue_daily has to say, as the shop's own database answers it.
WITH sold AS (
    SELECT
        CAST(o.ordered_at AT TIME ZONE 'UTC' AS date) AS day,
        count(DISTINCT o.id) AS orders,
        sum(CAST(i.quantity * i.unit_price AS numeric(18, 2))) AS revenue
    FROM orders AS o
    JOIN order_items AS i ON i.order_id = o.id
    WHERE o.status <> 'cancelled'
    GROUP BY day
),
paid AS (
    SELECT CAST(paid_at AT TIME ZONE 'UTC' AS date) AS day, sum(amount) AS paid
    FROM payments
    GROUP BY day
),
refunded AS (
    SELECT CAST(refunded_at AT TIME ZONE 'UTC' AS date) AS day, sum(amount) AS refunded
    FROM refunds
    GROUP BY day
)
SELECT
    day,
    coalesce(orders, 0) AS orders,
    CAST(coalesce(revenue, 0) AS numeric(38, 2)) AS revenue,
    CAST(coalesce(paid, 0) AS numeric(38, 2)) AS paid,
    CAST(coalesce(refunded, 0) AS numeric(38, 2)) AS refunded
FROM sold
FULL JOIN paid USING (day)
FULL JOIN refunded USING (day)
ORDER BY day;
