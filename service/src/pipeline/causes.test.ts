import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { truthWorld, type TruthWorld } from "../../test/truth/truth-world.ts";
import { inProcessClient, type Client } from "../api/client.ts";
import { UserError } from "../telemetry/errors.ts";

// History of a small shop, then live intervals with incidents in it: what is said is what the real pipeline stored.
let world: TruthWorld;
let client: Client;
let ids: readonly string[];
beforeAll(async () => {
  world = await truthWorld();
  await world.live();
  client = inProcessClient(world.system, { activate: () => {}, learning: () => null } as never); // no operation used here looks at it
  ids = (await client.call("listGroups", { limit: 100 })).groups.map(({ id }) => id);
});
afterAll(() => world.close());

async function refusal(call: Promise<unknown>): Promise<UserError> {
  const error: unknown = await call.then(() => null, (thrown: unknown) => thrown);
  assert.ok(error instanceof UserError, `refused with a UserError, not ${String(error)}`);
  return error;
}

test("every group says which segments did it, or that none stands out, and whether the data is at fault", async () => {
  assert.ok(ids.length >= 3);
  let named = 0;
  for (const id of ids) {
    const { causes, data, headline } = await client.call("getGroup", { group: id });
    assert.ok(causes !== null && data !== null, headline);
    assert.ok(data.reasons.length > 0);
    if (causes.causes.length > 0) named++;
    assert.equal(causes.causes.length > 0, causes.verdict !== "no segment stands out" && causes.verdict !== "no data", headline);
    for (const { siblings } of causes.causes) for (const check of siblings) assert.ok(check.alike.length <= 12 && check.alike.length <= check.alikeCount);
  }
  assert.ok(named >= 2, `${named} of ${ids.length} name a cause`);
});

test("the SQL of a cause gives its actual in the user's own database", async () => {
  let checked = 0;
  for (const id of ids) {
    const { causes } = await client.call("getGroup", { group: id });
    if (causes === null || causes.method !== "sums") continue;
    for (const { sql, actual, name } of causes.causes) {
      const [row] = await world.sql(sql!);
      assert.ok(Math.abs(Number(row!["actual"] ?? 0) - actual!) < 1e-6 * Math.max(1, actual!), `${name}: ${sql} gives ${String(row!["actual"])}, not ${actual}`);
      checked++;
    }
  }
  assert.ok(checked > 0);
});

test("explaining the interval of a group's peak says what the group says", async () => {
  for (const id of ids) {
    const group = await client.call("getGroup", { group: id });
    const to = new Date(Date.parse(group.peak) + 1000).toISOString();
    const range = await client.call("explain", { detector: group.detector, measure: group.measure, from: group.peak, to });
    assert.equal(range.sentence, group.causes!.sentence);
    // Segments of points hold what was expected with 32 bits.
    const figures = ({ causes }: { causes: readonly { name: string; expected: number | null; actual: number | null }[] }) => causes.map(({ name, expected, actual }) => [name, expected?.toPrecision(6), actual?.toPrecision(6)]);
    assert.deepEqual(figures(range), figures(group.causes!));
    const scores = ({ contributions }: Pick<typeof group, "contributions">) => contributions.map(({ dimension, values }) => [dimension, values.map(({ value, score }) => [value, score.toFixed(1)])]);
    assert.deepEqual(scores(range), scores(group), "the matrix is of the same computation");
    assert.deepEqual(range.causes.map(({ sql }) => sql), group.causes!.causes.map(({ sql }) => sql));
  }
});

test("a range of several intervals is added up; one that nobody flagged is explained too", async () => {
  const { config, headMs } = await world.detector();
  const measure = config.measures[0]!.name;
  const at = (hoursBefore: number) => new Date(headMs! - hoursBefore * 3_600_000).toISOString();
  const one = await client.call("explain", { detector: config.name, measure, from: at(2), to: at(1) });
  const six = await client.call("explain", { detector: config.name, measure, from: at(6), to: at(0) });
  assert.deepEqual([one.intervalCount, six.intervalCount], [1, 6]);
  assert.ok(six.expected! > 3 * one.expected!);
  assert.equal(six.causes[0]?.sql ?? null, null, "several statements hold it");
});

test("what cannot be explained is refused with what would be right", async () => {
  const { config, liveFromMs, headMs } = await world.detector();
  const measure = config.measures[0]!.name;
  const at = (ms: number) => new Date(ms).toISOString();
  const ask = (changes: object) => client.call("explain", { detector: config.name, measure, from: at(liveFromMs!), to: at(headMs!), ...changes });
  const unknown = await refusal(ask({ measure: "profit" }));
  assert.equal(unknown.where, "measure");
  assert.equal(unknown.advice, `It has ${config.measures.map(({ name }) => name).join(", ")}.`);
  assert.match((await refusal(ask({ to: at(liveFromMs!) }))).message, /the range is empty/);
  const history = await refusal(ask({ from: at(liveFromMs! - 10 * 3_600_000), to: at(liveFromMs!) }));
  assert.match(history.message, /no interval of .* was judged between/);
  assert.match(history.advice!, /What came before was learned as history/);
  assert.match((await refusal(ask({ from: at(headMs! + 3_600_000), to: at(headMs! + 7_200_000) }))).advice!, /Intervals judged so far/);
});

test("related measures come with their evidence, and say when there is too little history for links", async () => {
  for (const id of ids) {
    const { related, hasHistory, historyCount, unknownPercentage, measure } = await client.call("getRelated", { group: id });
    assert.equal(hasHistory, historyCount >= 200);
    assert.ok(related.every((one) => one.measure !== measure), "a measure is not related to itself");
    if (!hasHistory) assert.ok(related.every(({ relation, percentage }) => relation === "earlier" && percentage === null));
    const explained = related.reduce((sum, { percentage }) => sum + (percentage ?? 0), 0);
    assert.ok(Math.abs(explained + unknownPercentage - 100) < 1e-6);
  }
  const { config } = await world.detector();
  assert.equal((await refusal(client.call("getRelated", { group: ids[0]!, with: "nobody" }))).code, "NOT_FOUND");
  assert.deepEqual(await client.call("getRelated", { group: ids[0]!, with: config.name }), await client.call("getRelated", { group: ids[0]! }), "itself is no other detector");
});

test("incidents: each group in one at most, found from each of its groups, the newest first", async () => {
  const { incidents, cut } = await client.call("listIncidents", { severityMin: 0 });
  assert.equal(cut, false);
  const seen = new Set<string>();
  for (const incident of incidents) {
    assert.ok(incident.groups.length >= 2, incident.headline);
    assert.equal(incident.id, incident.groups[0]!.id);
    assert.equal(incident.severity, Math.max(...incident.groups.map(({ severity }) => severity)));
    for (const { id } of incident.groups) {
      assert.ok(!seen.has(id));
      seen.add(id);
      assert.equal((await client.call("getIncident", { group: id })).incident!.id, incident.id);
    }
  }
  for (const id of ids) if (!seen.has(id)) assert.equal((await client.call("getIncident", { group: id })).incident, null);
  assert.deepEqual(incidents.map(({ start }) => start), incidents.map(({ start }) => start).sort().reverse());
});
