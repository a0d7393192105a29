-- Two tables with two weeks of orders until now, for trying the example. MariaDB (its sequence engine makes the rows).
create table country (id int primary key, name varchar(40) not null);
insert into country values (1, 'DE'), (2, 'FR'), (3, 'Côte d''Ivoire');

create table orders (
  id bigint primary key auto_increment,
  created_at datetime(3) not null,
  country_id int null,
  amount decimal(12, 2) not null,
  status varchar(20) not null,
  index by_created_at (created_at)
);
insert into orders (created_at, country_id, amount, status)
select utc_timestamp() - interval seq * 2 minute, 1 + seq % 3, 20 + seq % 17 + 10 * sin(seq / 115), if(seq % 50 = 0, 'open', 'paid')
from seq_1_to_10080;

create user if not exists foretop_reader identified by 'choose-another';
grant select on orders to foretop_reader;
grant select on country to foretop_reader;
