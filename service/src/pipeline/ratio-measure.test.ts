import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { LIVE_FROM_MS, HOUR } from "../../test/kill/world.ts";
import { truthWorld, type TruthWorld } from "../../test/truth/truth-world.ts";
import { inProcessClient, type Client } from "../api/client.ts";
import type { MeasureConfig } from "../resources/detector.ts";

// Revenue per view, declared as a ratio. In the third to fifth live hour ios has rows with revenue and without a view; in
// the sixth the revenue of marketplace=de is three times the usual, in the tenth that of marketplace=fr twice.
const PER_VIEW: MeasureConfig = {
  name: "per_view", column: "revenue", denominator: "views", aggregation: "AVG", whenAbsent: "missing", severityMin: 70, direction: "both", effectMin: 0, effectShareMin: 0.1, volumeMin: 0,
};

let world: TruthWorld;
let client: Client;
beforeAll(async () => {
  const part = (name: string): MeasureConfig => ({ name, column: name, aggregation: "SUM", whenAbsent: "zero", severityMin: 70, direction: "both", effectMin: 0, effectShareMin: 0.1, volumeMin: 0 });
  world = await truthWorld({ measures: [PER_VIEW, part("revenue"), part("views")] });
  await world.sql(`update orders set revenue = 2 * revenue where marketplace = 'fr' and ts >= to_timestamp(${(LIVE_FROM_MS + 9 * HOUR) / 1000}) and ts < to_timestamp(${(LIVE_FROM_MS + 10 * HOUR) / 1000})`);
  await world.live();
  client = inProcessClient(world.system, { activate: () => {}, learning: () => null } as never); // no operation used here looks at it
});
afterAll(() => world.close());

const hour = (n: number) => LIVE_FROM_MS + n * HOUR;

async function valueOf(dimensions: { name: string; value: string }[], startMs: number): Promise<number> {
  const detector = await world.detector();
  const stored = (await world.system.store.series.list(detector.id, detector.generation)).find(({ key }) => JSON.stringify(key.dimensions) === JSON.stringify(dimensions))!;
  const [points] = await world.system.store.segments.readSeries(detector.id, detector.generation, [stored.number], { startMs, endMs: startMs + 1 });
  return points!.value[0]!;
}

test("at every level a ratio is the sum of its numerators over the sum of its denominators", async () => {
  for (const [dimensions, where] of [
    [[], "true"],
    [[{ name: "platform", value: "web" }], "platform = 'web'"],
    [[{ name: "marketplace", value: "us" }, { name: "platform", value: "ios" }], "platform = 'ios' and marketplace = 'us'"],
  ] as const) {
    const [row] = await world.sql(`select sum(revenue) / sum(views) as ratio from orders where ${where} and ts >= to_timestamp(${hour(6) / 1000}) and ts < to_timestamp(${hour(7) / 1000})`);
    const ratio = Number(row!["ratio"]);
    assert.ok(Math.abs((await valueOf([...dimensions], hour(6))) - ratio) < 1e-9 * ratio, `${where}: ${await valueOf([...dimensions], hour(6))} is not ${ratio}`);
  }
});

test("a denominator of zero gives no value, and does not spoil the level above", async () => {
  assert.ok(Number.isNaN(await valueOf([{ name: "marketplace", value: "us" }, { name: "platform", value: "ios" }], hour(3))));
  const web = await valueOf([{ name: "platform", value: "web" }], hour(3));
  assert.ok(Math.abs((await valueOf([], hour(3))) - web) < 1e-9 * web, "only web had views");
});

test("a ratio that moved is found, its cause named with rates, and the SQL gives the rate", async () => {
  const { groups } = await client.call("listGroups", { measure: "per_view" });
  const found = groups.find(({ headline }) => /per_view .* above expected \(\+200 %\): marketplace=de/.test(headline));
  assert.ok(found !== undefined, groups.map(({ headline, start }) => `${start} ${headline}`).join("\n"));
  assert.equal(found.aggregation, "RATIO");
  const { causes } = await client.call("getGroup", { group: found.id });
  assert.equal(causes!.method, "averages");
  assert.deepEqual(causes!.causes.map(({ segment }) => segment), [{ marketplace: "de" }]);
  const [cause] = causes!.causes;
  assert.ok(Math.abs(cause!.expected! - 0.3) < 0.01 && Math.abs(cause!.actual! - 0.9) < 0.02, `${cause!.expected} → ${cause!.actual}`);
  const [row] = await world.sql(cause!.sql!);
  assert.ok(Math.abs(Number(row!["actual"]) - cause!.actual!) < 1e-9);
});

test("a ratio's parts are its causes by definition, with exact shares; nothing is unknown then", async () => {
  const { groups } = await client.call("listGroups", { measure: "per_view" });
  const spike = groups.find(({ headline }) => headline.includes("marketplace=de"))!;
  const { related, unknownPercentage } = await client.call("getRelated", { group: spike.id });
  assert.deepEqual(related.map(({ measure, relation, declared }) => [measure, relation, declared?.relation]), [["revenue", "cause", "per_view = revenue / views"], ["views", "cause", "per_view = revenue / views"]]);
  const [revenue, views] = related.map(({ percentage }) => percentage!);
  assert.ok(Math.abs(revenue! + views! - 100) < 1e-9 && revenue! > 95, `${revenue} + ${views}`);
  assert.ok(unknownPercentage < 1e-9);
});

test("with some history its causes are segments whose own rate moved, given their traffic", async () => {
  const { method, causes, contributions } = await client.call("explain", { detector: "orders", measure: "per_view", from: new Date(hour(9)).toISOString(), to: new Date(hour(10)).toISOString() });
  assert.equal(method, "rates");
  assert.deepEqual(causes.map(({ segment }) => segment), [{ marketplace: "fr" }]);
  const [cause] = causes;
  assert.ok(Math.abs(cause!.expected! - 0.3) < 0.01 && Math.abs(cause!.actual! - 0.6) < 0.02, `${cause!.expected} → ${cause!.actual}`);
  const [row] = await world.sql(cause!.sql!);
  assert.ok(Math.abs(Number(row!["actual"]) - cause!.actual!) < 1e-9);
  for (const { values } of contributions) assert.ok(Math.abs(values.reduce((sum, { score }) => sum + score, 0) - 100) < 1e-9);
});
