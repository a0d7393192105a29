import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { HOUR, LIVE_FROM_MS } from "../../test/kill/world.ts";
import { truthWorld, type TruthWorld } from "../../test/truth/truth-world.ts";
import { inProcessClient, type Client } from "../api/client.ts";
import { configHash } from "../resources/config-hash.ts";
import type { MeasureConfig } from "../resources/detector.ts";
import { activateDetector } from "./activate.ts";

// Revenue is views × revenue per view. In the sixth live hour the revenue of marketplace=de is three times the usual; in
// the third to fifth platform=ios has no views, which a second detector, linked by this one, sees as well.
const measure = (name: string, own: Partial<MeasureConfig> = {}): MeasureConfig => ({
  name, column: name, aggregation: "SUM", whenAbsent: "zero", severityMin: 70, direction: "both", effectMin: 0, effectShareMin: 0.1, volumeMin: 0, ...own,
});

let world: TruthWorld;
let client: Client;
beforeAll(async () => {
  world = await truthWorld({
    measures: [measure("per_view", { column: "revenue", denominator: "views", aggregation: "AVG", whenAbsent: "missing" }), measure("revenue"), measure("views")],
    relations: [{ measure: "revenue", kind: "product", parts: [{ measure: "views", isInverse: false }, { measure: "per_view", isInverse: false }] }],
    links: [{ detector: "traffic", measures: [] }],
  });
  const { store } = world.system;
  const { config } = await world.detector();
  const { relations: _r, links: _l, ...plain } = config;
  const traffic = { ...plain, name: "traffic", measures: [measure("visits", { column: "views" })] };
  const other = await store.detectors.create(traffic, configHash(traffic), world.clock.nowMs());
  await activateDetector(other.id, world.system);
  await world.live();
  client = inProcessClient(world.system, { activate: () => {}, learning: () => null } as never); // no operation used here looks at it
});
afterAll(() => world.close());

async function groupOf(measureName: string, startMs: number) {
  const { groups } = await client.call("listGroups", { measure: measureName });
  const found = groups.find(({ start, end }) => Date.parse(start) <= startMs && startMs < Date.parse(end));
  assert.ok(found !== undefined, `${measureName} at ${startMs}: ${groups.map(({ start, headline }) => `${start} ${headline}`).join("; ")}`);
  return found;
}

test("what a measure is made of caused it: each part with its own figures and its exact contribution, in the group's segment", async () => {
  const group = await groupOf("revenue", LIVE_FROM_MS + 5 * HOUR);
  const { related, segment, unknownPercentage, notes } = await client.call("getRelated", { group: group.id });
  assert.deepEqual(segment, { marketplace: "de" });
  assert.deepEqual(notes, []);
  const parts = related.filter(({ declared, relation }) => declared !== null && relation === "cause");
  assert.deepEqual(parts.map(({ measure: name, declared }) => [name, declared!.relation]), [["views", "revenue = views × per_view"], ["per_view", "revenue = views × per_view"]]);
  const [views, perView] = parts.map(({ declared }) => declared!);
  const [row] = await world.sql(`select sum(revenue) as revenue, sum(views) as views from orders where marketplace = 'de' and ts >= to_timestamp(${(LIVE_FROM_MS + 5 * HOUR) / 1000}) and ts < to_timestamp(${(LIVE_FROM_MS + 6 * HOUR) / 1000})`);
  assert.ok(Math.abs(views!.actual! - Number(row!["views"])) < 1e-6);
  assert.ok(Math.abs(perView!.actual! - Number(row!["revenue"]) / Number(row!["views"])) < 1e-9);
  // The amounts are the change of the product, to the last bits.
  const change = views!.actual! * perView!.actual! - views!.expected! * perView!.expected!;
  assert.ok(Math.abs(views!.amount + perView!.amount - change) < 1e-9 * Math.abs(change));
  assert.ok(Math.abs(views!.share + perView!.share - 100) < 1e-9 && perView!.share > 90, "the value of a view did it");
  assert.equal(unknownPercentage, 0);
});

test("what is made of it follows by definition", async () => {
  const group = await groupOf("per_view", LIVE_FROM_MS + 5 * HOUR);
  const { related } = await client.call("getRelated", { group: group.id });
  const effect = related.find(({ relation, measure: name }) => relation === "effect" && name === "revenue");
  assert.equal(effect?.declared?.relation, "revenue = views × per_view");
  assert.ok(effect.declared.amount > 0 && effect.percentage === null);
});

test("a relation that the data contradicts is not used, and that is said", async () => {
  // Without views there is revenue all the same: no product of them.
  const group = await groupOf("views", LIVE_FROM_MS + 2 * HOUR);
  const { related } = await client.call("getRelated", { group: group.id });
  assert.deepEqual(related.filter(({ declared }) => declared !== null), []);
});

test("groups of linked detectors that began together are one incident, whichever of the two is asked", async () => {
  const own = await groupOf("views", LIVE_FROM_MS + 2 * HOUR);
  const other = await groupOf("visits", LIVE_FROM_MS + 2 * HOUR);
  for (const id of [own.id, other.id]) {
    const { incident } = await client.call("getIncident", { group: id });
    assert.ok(incident !== null && [own.id, other.id].every((one) => incident.groups.some((group) => group.id === one)), incident?.headline);
    assert.deepEqual([...incident.detectors].sort(), ["orders", "traffic"]);
  }
});

test("a link is followed from both sides, shown with who declared it, and said where it leads nowhere", async () => {
  const { links, relations } = await client.call("getDetector", { detector: "traffic" });
  assert.deepEqual(links, [{ detector: "orders", measures: [], declaredBy: "orders" }]);
  assert.deepEqual(relations, []);
  const own = await client.call("getDetector", { detector: "orders" });
  assert.deepEqual(own.links, [{ detector: "traffic", measures: [], declaredBy: "orders" }]);
  assert.deepEqual(own.relations, ["revenue = views × per_view", "per_view = revenue / views"]);

  const { store, clock } = world.system;
  const detector = await world.detector();
  const broken = { ...detector.config, links: [{ detector: "traffic", measures: [] }, { detector: "gone", measures: [] }] };
  await store.detectors.update(detector.id, broken, configHash(broken), { relearn: false }, clock.nowMs());
  const { notes } = await client.call("getRelated", { group: (await groupOf("revenue", LIVE_FROM_MS + 5 * HOUR)).id });
  assert.deepEqual(notes, ["Not compared with gone: there is no such detector any more."]);
});
