import { expect, test } from "vitest";
import { demoPeriod, FIXED_ANCHOR_MS } from "./demo-period.ts";
import { incidentAt, planIncidents } from "./incidents.ts";
import { HOUR_MS, MARKETPLACES, PLATFORMS } from "./warehouse-shape.ts";

const period = demoPeriod(FIXED_ANCHOR_MS);
const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);

test("each seed plants one incident of each kind, whole hours, inside the replayed days", () => {
  for (const seed of SEEDS) {
    const incidents = planIncidents(seed, period);
    expect(incidents.map(({ kind }) => kind).sort(), `seed ${seed}`).toEqual([
      "level shift",
      "mix shift",
      "platform to zero",
      "revenue spike",
      "slow decay",
      "spike",
      "stops reporting",
    ]);
    for (const { startMs, endMs } of incidents) {
      expect(startMs % HOUR_MS).toBe(0);
      expect(startMs, `seed ${seed}`).toBeGreaterThanOrEqual(period.replayFromMs + 24 * HOUR_MS);
      expect(endMs, `seed ${seed}`).toBeLessThanOrEqual(period.anchorMs - 6 * HOUR_MS);
    }
  }
});

test("incidents are at least 18 hours apart, so that each can be told", () => {
  for (const seed of SEEDS) {
    const incidents = planIncidents(seed, period);
    for (let k = 1; k < incidents.length; k++) {
      expect(incidents[k].startMs - incidents[k - 1].endMs, `seed ${seed}`).toBeGreaterThanOrEqual(18 * HOUR_MS);
    }
  }
});

test("a spike of one combination happens while its customers are awake", () => {
  const hours = new Set<number>();
  for (const seed of SEEDS) {
    for (const { kind, startMs, marketplaces } of planIncidents(seed, period)) {
      if (kind === "spike" || kind === "revenue spike") {
        hours.add((startMs / HOUR_MS + MARKETPLACES[marketplaces[0]].utcHours) % 24);
      }
    }
  }
  expect([...hours].sort((a, b) => a - b)).toEqual([8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
});

test("no two incidents of single marketplaces hit the same one", () => {
  for (const seed of SEEDS) {
    const narrow = planIncidents(seed, period).filter(({ marketplaces }) => marketplaces.length === 1);
    expect(new Set(narrow.map(({ marketplaces }) => marketplaces[0])).size, `seed ${seed}`).toBe(narrow.length);
  }
});

test("seeds differ in times and places, the same seed never", () => {
  expect(planIncidents(7, period)).toEqual(planIncidents(7, period));
  expect(new Set(SEEDS.map((seed) => JSON.stringify(planIncidents(seed, period)))).size).toBe(SEEDS.length);
  // Every place is somebody's: no seed-independent favourite.
  const spikes = SEEDS.map((seed) => planIncidents(seed, period).find(({ kind }) => kind === "spike")!);
  expect(new Set(spikes.map(({ platforms, marketplaces }) => `${platforms[0]} ${marketplaces[0]}`)).size).toBe(21);
});

test("incidentAt is null before, after and beside an incident", () => {
  const incident = planIncidents(7, period).find(({ kind }) => kind === "spike")!;
  const at = { hourMs: incident.startMs, platform: incident.platforms[0], marketplace: incident.marketplaces[0] };
  expect(incidentAt([incident], at)).toBe(incident);
  expect(incidentAt([incident], { ...at, hourMs: incident.startMs - HOUR_MS })).toBeNull();
  expect(incidentAt([incident], { ...at, hourMs: incident.endMs })).toBeNull();
  expect(incidentAt([incident], { ...at, platform: (at.platform + 1) % PLATFORMS.length })).toBeNull();
});
