import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { HISTORY_INTERVALS, HOUR, LIVE_FROM_MS, LIVE_INTERVALS } from "../../test/kill/world.ts";
import { truthWorld, type TruthWorld } from "../../test/truth/truth-world.ts";
import { inProcessClient, type Client } from "../api/client.ts";
import type { MeasureConfig } from "../resources/detector.ts";
import { distinctQuery } from "./check-distinct.ts";

// Users of a shop; a third of them is seen on both platforms. In the sixth live hour half of the users of ios are missing.
// In the ninth each user of ios looks at all three marketplaces: every combination has more users, ios has not.
const USERS: MeasureConfig = {
  name: "users", column: "user_id", aggregation: "COUNT_DISTINCT", whenAbsent: "zero", severityMin: 70, direction: "both", effectMin: 0, effectShareMin: 0.1, volumeMin: 0,
};
const LOST = LIVE_FROM_MS + 5 * HOUR;
const SPREAD_OUT = LIVE_FROM_MS + 8 * HOUR;

let world: TruthWorld;
let client: Client;
beforeAll(async () => {
  world = await truthWorld({
    measures: [USERS],
    query: { kind: "bound", sql: "select ts, platform, marketplace, user_id from visits -- every look\nwhere ts >= :start and ts < :end", file: null },
  });
  await world.sql(`
    create table visits as
    select to_timestamp(${LIVE_FROM_MS / 1000}) + h * interval '1 hour' + interval '7 minutes' as ts, platform, seen as marketplace,
      case when u % 3 = 0 then 'both' else platform end || home || u as user_id
    from generate_series(${-HISTORY_INTERVALS}, ${LIVE_INTERVALS - 1}) h, unnest(array['ios', 'web']) platform, unnest(array['de', 'fr', 'us']) home,
      lateral generate_series(1, (40 * (1 + 0.3 * cos(2 * pi() * (h - 15) / 24)) + (h * 7 + length(home || platform) * 5 + ascii(home)) % 5)::int) u,
      unnest(case when h = 8 and platform = 'ios' then array['de', 'fr', 'us'] else array[home] end) seen,
      generate_series(1, 2) look
    where not (h = 5 and platform = 'ios' and u % 2 = 0)`);
  await world.sql("create index on visits (ts)");
  await world.live();
  client = inProcessClient(world.system, { activate: () => {}, learning: () => null } as never); // no operation used here looks at it
});
afterAll(() => world.close());

async function groupAt(ms: number) {
  const { groups } = await client.call("listGroups", { measure: "users" });
  const found = groups.find(({ start, end }) => Date.parse(start) <= ms && ms < Date.parse(end));
  assert.ok(found !== undefined, groups.map(({ start, headline }) => `${start} ${headline}`).join("\n"));
  return client.call("getGroup", { group: found.id });
}
const explained = (ms: number) => client.call("explain", { detector: "orders", measure: "users", from: new Date(ms).toISOString(), to: new Date(ms + HOUR).toISOString() });

test("leaves are exact distinct counts; there is no total, because they do not add up", async () => {
  const detector = await world.detector();
  const series = await world.system.store.series.list(detector.id, detector.generation);
  assert.ok(series.length === 6 && series.every(({ isLeaf }) => isLeaf));
  for (const { number, key } of series) {
    const [points] = await world.system.store.segments.readSeries(detector.id, detector.generation, [number], { startMs: LOST, endMs: LOST + 1 });
    const at = (name: string) => key.dimensions.find((d) => d.name === name)!.value;
    const [row] = await world.sql(`select count(distinct user_id) as n from visits where platform = '${at("platform")}' and marketplace = '${at("marketplace")}' and ts >= to_timestamp(${LOST / 1000}) and ts < to_timestamp(${(LOST + HOUR) / 1000})`);
    assert.equal(points!.value[0], Number(row!["n"]));
  }
});

test("a cause is proposed from the combinations, then counted in the user's own database; the SQL is shown", async () => {
  const { causes } = await groupAt(LOST);
  assert.equal(causes!.method, "distinct counts");
  assert.deepEqual(causes!.causes.map(({ segment }) => segment), [{ platform: "ios" }]);
  const [cause] = causes!.causes;
  assert.ok(causes!.check!.done, causes!.check!.text);
  assert.match(causes!.check!.text, /Checked by a query of their own/);
  const [row] = await world.sql(causes!.check!.sql!);
  assert.equal(cause!.actual, Number(row!["cause_1"]));
  assert.equal(causes!.actual, Number(row!["total"]), "the total too is asked, not added up");
  const [then] = await world.sql(causes!.check!.comparedSql!);
  assert.ok(Math.abs(cause!.expected! / Number(then!["cause_1"]) - 1) < 0.4, `${cause!.expected} is of the size of ${String(then!["cause_1"])}`);
  assert.ok(cause!.change! < -0.35 && cause!.change! > -0.6, String(cause!.change));
  assert.match(causes!.sentence, /Distinct counts do not add up: each was counted by a query of its own/);
  assert.doesNotMatch(causes!.sentence, /explains/);
  const [own] = await world.sql(cause!.sql!);
  assert.equal(Number(own!["actual"]), cause!.actual);
});

test("a proposal whose own count did not move is withdrawn, and that is said", async () => {
  const { causes, check, verdict } = await explained(SPREAD_OUT);
  assert.ok(!causes.some(({ name }) => name === "platform=ios"), causes.map(({ name }) => name).join("; "));
  assert.ok(check!.done);
  assert.match(check!.text, /withdrawn: by (its|their) own count nothing moved/);
  assert.equal(verdict, causes.length === 0 ? "no segment stands out" : "segments");
});

test("several intervals are not counted together: who came in two would count twice", async () => {
  const found = await client.call("explain", { detector: "orders", measure: "users", from: new Date(LOST).toISOString(), to: new Date(LOST + 2 * HOUR).toISOString() });
  assert.equal(found.check!.done, false);
  assert.match(found.check!.text, /counts of several intervals were added up/);
});

test("a source that does not answer leaves proposals, with the reason, and the interval is judged all the same", async () => {
  await world.sql("alter table visits rename to visits_gone");
  try {
    const { causes, check } = await explained(LOST);
    assert.deepEqual(causes.map(({ segment }) => segment), [{ platform: "ios" }]);
    assert.equal(check!.done, false);
    assert.match(check!.text, /Not checked: the source did not answer: .*visits.*proposals/s);
  } finally {
    await world.sql("alter table visits_gone rename to visits");
  }
});

test("the statement in the words of each dialect: quotes, nulls and backslashes stay what they are", () => {
  const segments = [[{ name: 'plat"form', value: "it's \\ ios" }, { name: "country", value: null }], []];
  const query = { sql: "select * from t where ts >= $1 and ts < $2 -- all\n", parameters: [1, 2] };
  assert.deepEqual(distinctQuery(query, "user", segments, "postgres"), {
    sql: `select count(distinct case when "plat""form" = 'it''s \\ ios' and "country" is null then "user" end) as cause_1,
  count(distinct "user") as cause_2,
  count(distinct "user") as total
from (
select * from t where ts >= $1 and ts < $2 -- all
) as evidence`,
    parameters: [1, 2],
  });
  assert.match(distinctQuery(query, "us`er", segments, "mysql").sql, /case when `plat"form` = 'it''s \\\\ ios' and `country` is null then `us``er` end/);
  assert.match(distinctQuery(query, "user", segments, "redshift").sql, /= 'it''s \\\\ ios'/);
});
