-- Any single SELECT. :start and :end are bound to each interval, half-open: a row belongs to exactly one.
select o.created_at, o.id, o.amount, c.country, o.channel
  from orders o
  join customers c on c.id = o.customer_id
 where o.created_at >= :start
   and o.created_at < :end
   and o.status <> 'cancelled'
