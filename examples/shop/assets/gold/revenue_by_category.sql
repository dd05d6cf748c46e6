/* ---
description: Revenue of each category of products, month by month, with its share of the month.
owner: finance
tags: [finance]
materialized: full
every: 5s
columns:
  - name: share
    description: From 0 to 1.
    checks:
      - range: {min: 0, max: 1}
checks:
  - unique: [month, category]
--- */
SELECT
    date_trunc('month', day) AS month,
    category,
    sum(amount) AS revenue,
    sum(amount) / sum(sum(amount)) OVER (PARTITION BY date_trunc('month', day)) AS share
FROM gold.joined_orders
GROUP BY month, category
