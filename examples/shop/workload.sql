-- The shop's daily business, one transaction a run, as a pgbench script:
--
--     pgbench -n -f workload.sql -c 4 -T 60 -R 50 --random-seed=1 DATABASE
--
-- Any number of clients can run it together. Whoever changes an order, or what belongs to it, first
-- locks the order and passes over one that somebody else has, so nobody waits, deadlocks or finds a
-- key taken. An order number of 0 means that there was none to be had; what follows then changes nothing.

\set kind random(1, 100)
\set pick random(1, 1000000000)
select max(id) as last_customer from customers \gset
select max(id) as last_product from products \gset
select coalesce(max(id), 1) as last_order from orders \gset
-- Mostly recent orders change.
\set recent_order :last_order - random_exponential(0, :last_order - 1, 20)
\set customer random(1, :last_customer)
\set product random(1, :last_product)

\if :kind <= 42
    -- A new order of one to four lines, four times out of five paid at once; now and then the customer gives up.
    \set lines random(1, 4)
    begin;
    insert into orders (customer_id, gift, note)
        select id, :pick % 12 = 0, case when :pick % 8 = 0 then 'Please ring twice, call ' || :pick end
        from customers where id >= :customer order by id limit 1
        returning id as order_id \gset
    insert into order_items (order_id, line_number, product_id, quantity, unit_price)
        select :order_id, row_number() over (order by id), id, 1 + (id + :pick) % 3, price
        from (select * from products where id >= :product order by id limit :lines) as chosen;
    update orders set total = (select sum(quantity * unit_price) from order_items where order_id = :order_id)
        where id = :order_id;
    \if :pick % 5 > 0
        update orders set status = 'paid', updated_at = now() where id = :order_id;
        insert into payments (id, order_id, method, amount, details)
            select md5('payment ' || id)::uuid, id, 'card', total, jsonb_build_object('last_digits', right(:pick::text, 4))
            from orders where id = :order_id;
    \endif
    \if :pick % 50 = 7
        rollback;
    \else
        commit;
    \endif

\elif :kind <= 68
    -- An order goes one step further; a new one by being paid.
    begin;
    select coalesce((select id from orders where id <= :recent_order and status in ('new', 'paid', 'shipped')
        order by id desc limit 1 for update skip locked), 0) as order_id \gset
    insert into payments (id, order_id, method, amount)
        select md5('payment ' || id)::uuid, id, 'transfer', total from orders where id = :order_id and status = 'new';
    update orders
        set status = (case status when 'new' then 'paid' when 'paid' then 'shipped' else 'delivered' end)::order_status,
            shipped_on = case when status = 'paid' then current_date else shipped_on end,
            updated_at = now()
        where id = :order_id;
    commit;

\elif :kind <= 76
    -- A customer moves.
    update customers
        set address = jsonb_build_object('street', 'New Street ' || :pick % 300, 'postcode', right(:pick::text, 5)),
            updated_at = now()
        where id = :customer;

\elif :kind <= 80
    -- A new customer.
    insert into customers (id, public_id, email, full_name, country, address)
        select id, md5('customer ' || id)::uuid, 'shopper' || id || '@example.com', 'Newcomer ' || id, 'DE', '{}'
        from nextval(pg_get_serial_sequence('customers', 'id')) as id;

\elif :kind <= 86
    -- A price changes. Long descriptions are not sent again by the server.
    update products set price = greatest(0.99, round(price * (0.90 + :pick % 21 / 100.0), 2)), updated_at = now()
        where id = :product;

\elif :kind <= 91
    -- An order comes back and its payment is returned.
    begin;
    select coalesce((select id from orders where id <= :recent_order and status = 'delivered'
        order by id desc limit 1 for update skip locked), 0) as order_id \gset
    insert into refunds (payment_id, amount, reason)
        select id, amount, case when :pick % 3 > 0 then 'wrong size' end from payments where order_id = :order_id and amount > 0;
    update orders set status = 'returned', updated_at = now() where id = :order_id;
    update customers set loyalty_points = 0, updated_at = now()
        where id = (select customer_id from orders where id = :order_id) and loyalty_points > 0;
    commit;

\elif :kind <= 95
    -- The oldest order that is free is forgotten, with all that belongs to it.
    begin;
    select coalesce((select id from orders where id < :last_order - 50 order by id limit 1 for update skip locked), 0)
        as order_id \gset
    delete from refunds where payment_id in (select id from payments where order_id = :order_id);
    delete from payments where order_id = :order_id;
    delete from order_items where order_id = :order_id;
    delete from orders where id = :order_id;
    commit;

\elif :kind <= 98
    -- A line is taken out and put in again under the same key, in one transaction.
    begin;
    select coalesce((select id from orders where id <= :recent_order order by id desc limit 1 for update skip locked), 0)
        as order_id \gset
    select coalesce(max(product_id), 1) as old_product, count(*) as found
        from order_items where order_id = :order_id and line_number = 1 \gset
    delete from order_items where order_id = :order_id and line_number = 1;
    insert into order_items (order_id, line_number, product_id, quantity, unit_price)
        select :order_id, 1, id, 1 + :pick % 5, price from products where id = :old_product and :found > 0;
    update orders set total = (select sum(quantity * unit_price) from order_items where order_id = :order_id), updated_at = now()
        where id = :order_id;
    commit;

\else
    -- A line gets another number: an update that changes the key.
    begin;
    select coalesce((select id from orders where id <= :recent_order order by id desc limit 1 for update skip locked), 0)
        as order_id \gset
    update order_items
        set line_number = (select max(line_number) + 1 from order_items where order_id = :order_id)
        where order_id = :order_id
            and line_number = (select min(line_number) from order_items where order_id = :order_id)
            and line_number < 1000;
    commit;
\endif
