SELECT
    count(*),
    count("id"),
    min("id"),
    max("id"),
    count("customer_id"),
    count("email"),
    count(*) FILTER (WHERE NOT regexp_full_match("email", '[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+')),
    count(*) FILTER (WHERE (length("email") NOT BETWEEN 6 AND 64)),
    count("status"),
    count(*) FILTER (WHERE "status" NOT IN ('new', 'paid', 'packed', 'shipped', 'returned')),
    count("amount"),
    count(*) FILTER (WHERE ("amount" NOT BETWEEN 0 AND 10000)),
    avg("amount"),
    sum("amount"),
    count(*) FILTER (WHERE ("quantity" <= 0)),
    max("quantity"),
    count(*) FILTER (WHERE NOT regexp_matches("sku", '^SKU-[0-9]{6}$')),
    max("ordered_at"),
    count(*) FILTER (WHERE "order_id" IS NOT NULL AND "line" IS NOT NULL),
    count(*) FILTER (WHERE NOT (amount >= 0 OR status = 'returned'
))
FROM shop.orders AS "orders";

SELECT
    bit_count(bitstring_agg("id", 0, 9999999))
FROM shop.orders AS "orders";

SELECT count(*) FROM shop.orders AS "orders" WHERE "customer_id" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM shop.customers AS tarn_other WHERE tarn_other."id" = "orders"."customer_id");

SELECT count(*) FROM (SELECT 1 FROM shop.orders AS "orders" WHERE "order_id" IS NOT NULL AND "line" IS NOT NULL GROUP BY "order_id", "line") AS tarn_values;
