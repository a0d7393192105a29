/** Moves the late rows that have arrived by now into the warehouse; one statement, so a row is never there twice. */
import type { Client } from "pg";

export async function deliverLateRows(client: Client, nowMs: number): Promise<number> {
  const { rowCount } = await client.query(
    `with arrived as (
       delete from demo.waiting where arrives <= $1::timestamp returning id, ts, platform, marketplace, views, revenue
     )
     insert into ecommerce (id, ts, platform, marketplace, views, revenue)
     select id, ts, platform, marketplace, views, revenue from arrived order by id`,
    [new Date(nowMs).toISOString().slice(0, -1)],
  );
  return rowCount ?? 0;
}
