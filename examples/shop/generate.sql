-- Fills the shop with 90 days of business, the same rows at each run:
--
--     psql -v rows=200000 -f generate.sql             orders up to today
--     psql -v until=2026-06-30 -f generate.sql        orders up to that day
--
-- Nothing is random: each value is a hash of its row's number and of a number that stands for the column.

\set ON_ERROR_STOP on
\if :{?rows}
\else
\set rows 200000
\endif
\if :{?until}
\else
select current_date as until \gset
\endif
select greatest(:rows / 10, 100) as customers, greatest(least(:rows / 100, 2000), 50) as products \gset

set timezone = 'UTC';

begin;

-- The rows fit together as they are made; checking a million references one by one takes half of the time.
set local session_replication_role = replica;

-- A number from 0 to below `bound`, evenly spread, fixed for (row, column).
create function pg_temp.pick(row_number bigint, column_number bigint, bound bigint) returns bigint
language sql immutable parallel safe
return abs(hashint8extended(row_number, column_number) % bound);

insert into customers
    (id, public_id, email, full_name, country, birth_date, address, newsletter, loyalty_points, created_at, updated_at)
select
    i,
    md5('customer ' || i)::uuid,
    'shopper' || i || '@example.com',
    (array['Ada', 'Björn', 'Chloé', 'Dmitri', 'Emre', 'Fatima', 'Grace', 'Hao', 'Inés', 'Jun'])[1 + pg_temp.pick(i, 1, 10)]
        || ' ' ||
        (array['Almeida', 'Brown', 'Çelik', 'Dubois', 'Eriksson', 'Fischer', 'Garcia', 'Huang', 'Ivanov', 'Jansen', 'Kim',
               'Łukasik'])[1 + pg_temp.pick(i, 2, 12)],
    (array['DE', 'FR', 'GB', 'SE', 'TR', 'US', 'PL', 'ES'])[1 + pg_temp.pick(i, 3, 8)],
    case when pg_temp.pick(i, 4, 5) > 0 then date '1950-01-01' + pg_temp.pick(i, 5, 20000)::integer end,
    jsonb_build_object('street', 'Mill Road ' || 1 + pg_temp.pick(i, 6, 200), 'postcode', to_char(pg_temp.pick(i, 7, 100000), 'FM00000')),
    pg_temp.pick(i, 8, 3) = 0,
    pg_temp.pick(i, 9, 5000),
    joined,
    joined
from generate_series(1, :customers) as i,
    lateral (select date :'until' - interval '90 days' - pg_temp.pick(i, 10, 1000) * interval '1 day' as joined) as times;

insert into products
    (id, sku, name, category, price, weight_grams, rating, tags, sizes, attributes, description, active, updated_at)
select
    i,
    'SKU-' || to_char(i, 'FM000000'),
    (array['Small', 'Large', 'Classic', 'Light', 'Warm', 'Quiet'])[1 + pg_temp.pick(i, 11, 6)] || ' ' || category || ' ' || i,
    category,
    -- Most things are cheap: 1.99 to 250.
    round((1.99 + power(pg_temp.pick(i, 13, 1000) / 1000::float8, 3) * 248)::numeric, 2),
    50 + pg_temp.pick(i, 14, 5000),
    case when pg_temp.pick(i, 15, 10) > 0 then 1 + pg_temp.pick(i, 16, 41) / 10.0 end,
    (array['new', 'sale', 'organic', 'gift', 'outdoor'])[1 : pg_temp.pick(i, 17, 6)],
    case when category in ('shirt', 'boots') then array[36, 38, 40, 42, 44] end,
    jsonb_build_object('colour', (array['red', 'green', 'blue', 'black'])[1 + pg_temp.pick(i, 18, 4)], 'warranty_months', 12 * pg_temp.pick(i, 19, 4)),
    -- Every tenth description is long and does not compress well, so it is stored out of line.
    case
        when i % 10 = 0 then (select string_agg(md5(i || ' ' || part), ' ') from generate_series(1, 120) as part)
        when i % 3 > 0 then 'A ' || category || ' that lasts.'
    end,
    pg_temp.pick(i, 20, 20) > 0,
    date :'until' - interval '90 days'
from generate_series(1, :products) as i,
    lateral (select (array['lamp', 'chair', 'shirt', 'boots', 'kettle', 'book', 'tent', 'clock'])[1 + pg_temp.pick(i, 12, 8)] as category)
        as categories
order by i;

-- One to four lines an order; few products are bought often.
insert into order_items (order_id, line_number, product_id, quantity, unit_price)
select o, line, products.id, 1 + pg_temp.pick(o * 4 + line, 22, 3), products.price
from generate_series(1, :rows) as o
cross join generate_series(1, 1 + pg_temp.pick(o, 23, 4)) as line
join products on products.id = 1 + floor(power(pg_temp.pick(o * 4 + line, 24, 10000) / 10000::float8, 2) * :products)::bigint;

-- Orders come in the order of time and become more frequent; the newest are still on their way.
insert into orders (id, customer_id, status, total, gift, note, shipped_on, ordered_at, updated_at)
select
    o,
    1 + pg_temp.pick(o, 25, :customers),
    status,
    total,
    pg_temp.pick(o, 26, 12) = 0,
    case when pg_temp.pick(o, 27, 8) = 0 then 'Please ring twice, order ' || o end,
    case when status in ('shipped', 'delivered', 'returned') then (ordered_at + interval '1 day')::date end,
    ordered_at,
    case when status = 'new' then ordered_at else least(ordered_at + interval '1 day', date :'until') end
from (select order_id as o, sum(quantity * unit_price) as total from order_items group by order_id) as totals,
    lateral (select date :'until' - interval '90 days' + interval '90 days' * power((o - 0.5::float8) / :rows, 0.8) as ordered_at) as times,
    lateral (
        select case
            when pg_temp.pick(o, 28, 100) < 4 then 'cancelled'
            when o > :rows * 0.99 then 'new'
            when o > :rows * 0.97 then 'paid'
            when o > :rows * 0.94 then 'shipped'
            when pg_temp.pick(o, 28, 100) < 7 then 'returned'
            else 'delivered'
        end::order_status as status
    ) as statuses
order by o;

insert into payments (id, order_id, method, amount, details, paid_at)
select
    md5('payment ' || id)::uuid,
    id,
    (array['card', 'card', 'card', 'paypal', 'transfer'])[1 + pg_temp.pick(id, 29, 5)],
    total,
    case when pg_temp.pick(id, 29, 5) < 3 then jsonb_build_object('last_digits', to_char(pg_temp.pick(id, 30, 10000), 'FM0000')) end,
    ordered_at + pg_temp.pick(id, 31, 3600) * interval '1 second'
from orders
where status not in ('new', 'cancelled')
order by id;

insert into refunds (id, payment_id, amount, reason, refunded_at)
select
    row_number() over (order by orders.id),
    payments.id,
    payments.amount,
    (array['damaged', 'too late', 'wrong size', null])[1 + pg_temp.pick(orders.id, 32, 4)],
    payments.paid_at + interval '2 days'
from orders
join payments on payments.order_id = orders.id
where status = 'returned';

-- The keys above were given, so the sequences do not know of them.
select setval(pg_get_serial_sequence('customers', 'id'), (select max(id) from customers)),
    setval(pg_get_serial_sequence('products', 'id'), (select max(id) from products)),
    setval(pg_get_serial_sequence('orders', 'id'), (select max(id) from orders)),
    setval(pg_get_serial_sequence('refunds', 'id'), coalesce((select max(id) from refunds), 1))
\g /dev/null

commit;

analyze customers, products, orders, order_items, payments, refunds;
