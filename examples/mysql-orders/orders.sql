-- Backquotes, joins, MySQL's own functions: anything that one SELECT may hold.
select o.created_at as ts, o.id, o.amount, ifnull(c.name, 'unknown') as country
from `orders` o
left join country c on c.id = o.country_id
where o.created_at >= :start and o.created_at < :end
  and o.status = "paid"
