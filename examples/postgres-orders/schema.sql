-- The tables that orders.sql reads, with six weeks of rows that end now; for trying the example.
create table customers (id integer primary key, country text not null);
create table orders (
  id bigint generated always as identity primary key,
  customer_id integer not null references customers,
  created_at timestamptz not null,
  channel text not null,
  status text not null,
  amount numeric(10, 2) not null
);
insert into customers
select i, (array['DE', 'FR', 'US'])[1 + i % 3] from generate_series(1, 300) as i;

-- 20 to 60 orders an hour: more by day, fewer at weekends, spread by a fixed rule instead of chance.
insert into orders (customer_id, created_at, channel, status, amount)
select 1 + (n * 7919 + hour_number * 104729) % 300,
       h + (n * 3599 % 3600) * interval '1 second',
       case when (n + hour_number) % 3 = 0 then 'app' else 'web' end,
       case when (n * 31 + hour_number) % 40 = 0 then 'cancelled' else 'paid' end,
       round((20 + (n * 37 + hour_number * 17) % 80 + sin(hour_number / 24.0 * 2 * pi()) * 5)::numeric, 2)
  from (
         select h, (extract(epoch from h)::bigint / 3600) as hour_number,
                (40 + 20 * sin((extract(hour from h) - 9) / 24.0 * 2 * pi()) - case when extract(isodow from h) > 5 then 10 else 0 end)::int as order_count
           from generate_series(date_trunc('hour', now()) - interval '42 days', date_trunc('hour', now()), interval '1 hour') as h
       ) as hours,
       lateral generate_series(1, order_count) as n
 where h + (n * 3599 % 3600) * interval '1 second' < now();

create index on orders (created_at);
analyze customers;
analyze orders;

-- A role that can read these two tables and nothing else: `foretop doctor` warns of more.
-- create role foretop_reader login password '…';
-- grant select on orders, customers to foretop_reader;
