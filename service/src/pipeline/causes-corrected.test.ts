import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { HOUR, LIVE_FROM_MS } from "../../test/kill/world.ts";
import { truthWorld, type TruthWorld } from "../../test/truth/truth-world.ts";
import { inProcessClient, type Client } from "../api/client.ts";
import { backfill } from "./reread-late.ts";

// The revenue of marketplace=de is three times the usual in the sixth live hour; later it turns out that this was
// marketplace=fr, booked under the wrong name. The group is over by then.
let world: TruthWorld;
let client: Client;
beforeAll(async () => {
  // Of exact types, so that the database aggregates what is read.
  world = await truthWorld({ query: { kind: "bound", sql: "select ts, platform, marketplace, views, revenue::numeric(12, 2) as revenue from orders where ts >= :start and ts < :end", file: null } });
  await world.live();
  client = inProcessClient(world.system, { activate: () => {}, learning: () => null } as never); // no operation used here looks at it
});
afterAll(() => world.close());

const at = LIVE_FROM_MS + 5 * HOUR;
const hour = `ts >= to_timestamp(${at / 1000}) and ts < to_timestamp(${(at + HOUR) / 1000})`;

async function groupThen() {
  const { groups } = await client.call("listGroups", { measure: "revenue" });
  const found = groups.find(({ start, end, status }) => status === "closed" && Date.parse(start) <= at && at < Date.parse(end));
  assert.ok(found !== undefined, groups.map(({ start, headline }) => `${start} ${headline}`).join("\n"));
  return client.call("getGroup", { group: found.id });
}

test("a group that has ended and whose points were read again says what the rows say now; what was said before is kept", async () => {
  const before = await groupThen();
  assert.deepEqual(before.causes!.causes.map(({ segment }) => segment), [{ marketplace: "de" }]);
  const toldMs = world.clock.nowMs();

  await world.sql(`update orders set revenue = revenue * case marketplace when 'de' then 1.0 / 3 else 3 end where ${hour} and marketplace in ('de', 'fr')`);
  world.clock.advanceTo(toldMs + 2 * HOUR);
  await backfill(await world.detector(), { startMs: at, endMs: at + HOUR }, world.system);

  const after = await groupThen();
  assert.deepEqual(after.causes!.causes.map(({ segment }) => segment), [{ marketplace: "fr" }]);
  const { causes } = await client.call("explain", { detector: "orders", measure: "revenue", from: new Date(at).toISOString(), to: new Date(at + HOUR).toISOString() });
  assert.deepEqual(causes.map(({ segment }) => segment), [{ marketplace: "fr" }]);
  const then = await client.call("getGroup", { group: before.id, asOf: new Date(toldMs).toISOString() });
  assert.deepEqual(then.causes!.causes.map(({ segment }) => segment), [{ marketplace: "de" }], "as it was known before");
});

test("where the database has aggregated the rows, the SQL of a cause is of the rows all the same", async () => {
  const { causes, evidence } = await groupThen();
  assert.match(evidence.statement, /^\/\* aggregated here/);
  const [cause] = causes!.causes;
  const [row] = await world.sql(cause!.sql!);
  assert.ok(Math.abs(Number(row!["actual"]) - cause!.actual!) < 1e-6 * cause!.actual!, `${cause!.sql} gives ${String(row!["actual"])}, not ${cause!.actual}`);
});
