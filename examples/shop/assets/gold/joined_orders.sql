/* ---
description: One row for each line of an order that was not cancelled, with its customer and product.
owner: sales
tags: [sales]
materialized: full
every: 5s
columns:
  - name: order_id
    description: With line_number, the key.
    checks: [not_null]
  - name: status
    checks:
      - accepted_values: [new, paid, shipped, delivered, returned]
  - name: amount
    description: Quantity times unit price.
    checks: [not_null, positive]
checks:
  - unique: [order_id, line_number]
  - row_count > 0
--- */
SELECT
    o.id AS order_id,
    i.line_number,
    o.ordered_at,
    CAST(o.ordered_at AS date) AS day,
    o.status,
    o.customer_id,
    c.country,
    i.product_id,
    p.category,
    i.quantity,
    CAST(i.quantity * i.unit_price AS decimal(18, 2)) AS amount
FROM silver.orders AS o
JOIN silver.order_items AS i ON i.order_id = o.id
JOIN silver.customers AS c ON c.id = o.customer_id
JOIN silver.products AS p ON p.id = i.product_id
WHERE o.status <> 'cancelled'
