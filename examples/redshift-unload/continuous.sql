select e.ts as timestamp, e.views, e.revenue, p.name as platform, m.name as marketplace
from ecommerce e, platform p, marketplace m
where e.platform = p.id
  and e.marketplace = m.id
  and e.ts < dateadd(hour, 0, getdate())
  and e.ts > dateadd(hour, -1, getdate())
