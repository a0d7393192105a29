select o.ts, o.amount, coalesce(c.name, 'unknown') as country
from orders o
left join country c using (country_id)
where o.ts >= :start and o.ts < :end
