import { strict as assert } from "node:assert";
import { afterAll, beforeAll, test } from "vitest";
import { gatherEvidence, seriesSql, verifyEvidence } from "../../src/pipeline/gather-evidence.ts";
import { backfill } from "../../src/pipeline/reread-late.ts";
import type { StoredGroup } from "../../src/store/store.ts";
import { truthWorld, type TruthWorld } from "./truth-world.ts";

let world: TruthWorld;
let groups: readonly StoredGroup[];
beforeAll(async () => {
  world = await truthWorld();
  await world.live();
  groups = (await world.system.store.groups.list({ detectorId: (await world.detector()).id, limit: 100 })).groups;
});
afterAll(() => world.close());

test("every group can be verified: the source is read again and everything comes out the same", async () => {
  assert.ok(groups.length >= 3);
  const detector = await world.detector();
  for (const group of groups) {
    const { isSame, differences, evidence } = await verifyEvidence(group, detector, world.system);
    assert.deepEqual(differences, [], group.headline);
    assert.ok(isSame);
    assert.ok(evidence.series.length >= 1);
  }
});

test("the SQL of each contributor gives its actual in the user's own database", async () => {
  const detector = await world.detector();
  for (const group of groups) {
    for (const { sql, actual } of (await gatherEvidence(group, detector, world.system)).series) {
      const [row] = await world.sql(sql);
      assert.ok(Math.abs(Number(row!["actual"] ?? 0) - actual) < 1e-6, `${sql}\n gives ${String(row!["actual"])}, the group says ${actual}`);
    }
  }
});

test("evidence is the same each time, and its hash covers it", async () => {
  const detector = await world.detector();
  const [first, second] = [await gatherEvidence(groups[0]!, detector, world.system), await gatherEvidence(groups[0]!, detector, world.system)];
  assert.equal(first.hash, second.hash);
  assert.match(first.hash, /^[0-9a-f]{64}$/);
  assert.ok(first.series.every(({ explanation }) => explanation.pointsLearned > 300));
});

test("a correction too small for a revision is told from a difference that nobody knows of", async () => {
  const detector = await world.detector();
  const group = groups.find(({ group: { measure, kind } }) => measure === "revenue" && kind === "spike")!;
  const { startMs, endMs } = group.evidence.interval;
  await world.sql(`update orders set revenue = revenue * 1.0001 where ts >= to_timestamp(${startMs / 1000}) and ts < to_timestamp(${endMs / 1000})`);
  await backfill(detector, { startMs, endMs }, world.system);
  const stored = (await world.system.store.groups.get(group.group.id))!;
  assert.equal(stored.group.revision, group.group.revision, "too small for a revision");
  const { isSame, differences } = await verifyEvidence(stored, await world.detector(), world.system);
  assert.equal(isSame, false);
  assert.ok(differences.every(({ isCorrectedSince }) => isCorrectedSince));
});

test("rows that changed since are named by series, with what was and what is", async () => {
  const detector = await world.detector();
  const group = groups.find(({ group: { measure, kind } }) => measure === "revenue" && kind === "spike")!;
  const { startMs, endMs } = group.evidence.interval;
  await world.sql(`update orders set revenue = revenue + 1 where ts >= to_timestamp(${startMs / 1000}) and ts < to_timestamp(${endMs / 1000})`);
  const { isSame, differences } = await verifyEvidence(group, detector, world.system);
  assert.equal(isSame, false);
  assert.ok(differences.some(({ what, was, is }) => what === "actual" && is > was));
  assert.ok(differences.every(({ isCorrectedSince }) => !isCorrectedSince), "nobody has read it again yet");
});

test("names and values are quoted in the SQL of a contributor", () => {
  const key = { measure: "m", dimensions: [{ name: 'a"b', value: "it's" }, { name: "c", value: null }] };
  assert.equal(
    seriesSql("select 1", key, { column: "m", aggregation: "SUM" }),
    `select sum("m") as actual, count(*) as row_count\nfrom (\nselect 1\n) as evidence\nwhere "a""b" = 'it''s'\n  and "c" is null`,
  );
});
