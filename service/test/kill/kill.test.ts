/**
 * A process may die at any moment. Whatever it was doing, the next one takes up there, and in the end everything is as
 * if nothing had happened: rows of points, scores and groups, messages and exported files.
 *
 * Each test lives through a small world (world.ts) in processes of its own that really die, on a real PostgreSQL.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FAILPOINTS, type Failpoint } from "../../src/telemetry/failpoints.ts";
import { testDatabase, type TestDatabase } from "../postgres.ts";
import { buildPrograms, KillWorld, type ProcessEnd, type WorldOptions } from "./kill-world.ts";
import { snapshotOf, type Snapshot } from "./snapshot.ts";
import { fillWarehouse, LIVE_INTERVALS } from "./world.ts";

const TEST_MS_MAX = 300_000;

/** Places that a process passes before the first live hour: it dies at that pass in an empty world. */
const IN_HISTORY: Partial<Readonly<Record<Failpoint, number>>> = {
  "crawl.attempt-opened": 1,
  "crawl.rows-read": 1,
  "history.crawled": 1,
  "history.learned": 1,
  "segment.half-written": 1, // of the points
  "segment.after-rename": 2, // of the checkpoint
  "commit.inside": 1,
  "commit.after": 1,
};

/** And in a world that has learned its history: in the third live hour the first group opens, later it goes on and ends. */
const IN_LIVE_HOURS: Partial<Readonly<Record<Failpoint, readonly number[]>>> = {
  "crawl.before": [3],
  "crawl.attempt-opened": [3],
  "crawl.rows-read": [3],
  "crawl.attempt-closed": [3],
  "segment.before-write": [3],
  "segment.half-written": [3],
  "segment.before-rename": [3],
  "segment.after-rename": [3],
  "commit.before": [3],
  "commit.inside": [3],
  "commit.after": [3],
  "checkpoint.before": [1],
  "checkpoint.written": [2],
  "checkpoint.after": [1],
  "delivery.before-send": [1],
  "delivery.sent": [1, 6], // to the webhook, to the table
  "delivery.recorded": [1],
};

const KILLS = 20;
const KILLS_SEED = 20_261_123;

let warehouse: TestDatabase;
/** a world with its history learned, which others go on from */
let learned: KillWorld;
/** the world that nothing happened to */
let undisturbed: Snapshot;
let undisturbedMs: number;

beforeAll(async () => {
  warehouse = await testDatabase();
  await Promise.all([fillWarehouse(warehouse.url), buildPrograms()]);
  learned = await KillWorld.open(warehouse.url);
  expectDone(await learned.run("learn-history"));
  await inWorld(async (world) => {
    const end = await world.run("live-through");
    expectDone(end);
    undisturbedMs = end.milliseconds;
    undisturbed = await snapshotOf(world);
  });
}, TEST_MS_MAX);
afterAll(async () => {
  await learned.remove();
  await warehouse.drop();
});

async function inWorld(story: (world: KillWorld) => Promise<void>, options: WorldOptions = {}): Promise<void> {
  const world = await KillWorld.open(warehouse.url, options);
  try {
    await story(world);
  } finally {
    await world.remove();
  }
}

function expectDone(end: ProcessEnd): void {
  expect(end).toMatchObject({ signal: null, code: 0, stderr: "" });
}

async function dies(world: KillWorld, failpoint: string): Promise<void> {
  const died = await world.run("live-through", { failpoint });
  expect(died, "the place was reached, and the process died there").toMatchObject({ signal: "SIGKILL", stderr: "" });
}

async function expectUndisturbed(world: KillWorld): Promise<void> {
  // Section by section: the first that differs is shown, not all ten thousand lines.
  const { received, outbox, ...rows } = await snapshotOf(world);
  for (const section of Object.keys(rows) as (keyof typeof rows)[]) expect(rows[section], section).toEqual(undisturbed[section]);
  expect(Object.keys(outbox).sort()).toEqual(Object.keys(undisturbed.outbox).sort());
  expect(outbox).toEqual(undisturbed.outbox);
  expect(Object.keys(received).sort()).toEqual(Object.keys(undisturbed.received).sort());
  // One body per key, however often it came: the receiver can drop what it has.
  expect(received).toEqual(undisturbed.received);
}

test("the undisturbed world has what could be lost: judged points, groups that open, go on and end, messages, files", () => {
  expect(undisturbed.intervals).toHaveLength(LIVE_INTERVALS);
  expect(undisturbed.points.filter((line) => line.includes(" judged ")).length).toBeGreaterThan(200);
  expect(undisturbed.groups.length).toBeGreaterThan(6);
  expect(undisturbed.running).toEqual([]);
  const events = Object.values(undisturbed.received).flat().map((body) => (JSON.parse(body) as { foretop: { event: string } }).foretop.event);
  expect(events.filter((event) => event === "opened").length).toBeGreaterThanOrEqual(4);
  expect(events.filter((event) => event === "closed").length).toBeGreaterThanOrEqual(2);
  expect(Object.values(undisturbed.outbox).every((row) => row.startsWith("sent "))).toBe(true);
  expect(Object.keys(undisturbed.exported).length).toBeGreaterThanOrEqual(8);
});

test("every place in the list of failpoints is walked through", () => {
  expect([...new Set([...Object.keys(IN_HISTORY), ...Object.keys(IN_LIVE_HOURS)])].sort()).toEqual([...FAILPOINTS].sort());
});

describe.concurrent("a process dies, the next one goes on, and all is as if nothing had happened", () => {
  const diesAt = async (world: KillWorld, failpoint: string) => {
    await dies(world, failpoint);
    expectDone(await world.run("live-through"));
    await expectUndisturbed(world);
  };

  for (const [name, pass] of Object.entries(IN_HISTORY)) {
    test(`at ${name} in history`, () => inWorld((world) => diesAt(world, `${name}:${pass}`)), TEST_MS_MAX);
  }
  for (const [name, passes] of Object.entries(IN_LIVE_HOURS)) {
    for (const pass of passes) test(`at ${name} in the live hours, pass ${pass}`, () => inWorld((world) => diesAt(world, `${name}:${pass}`), { from: learned }), TEST_MS_MAX);
  }

  test("at commit.before of one hour, twice: the third process waits a moment", async () => {
    await inWorld(async (world) => {
      await dies(world, "commit.before:3");
      await dies(world, "commit.before:1");
      expectDone(await world.run("live-through"));
      await expectUndisturbed(world);
    }, { from: learned });
  }, TEST_MS_MAX);

  test(`at ${KILLS} random moments, several times in one world`, async () => {
    const random = seededRandom(KILLS_SEED);
    let kills = 0;
    // Two at a time, as many worlds as it takes.
    const worker = async () => {
      while (kills < KILLS) {
        await inWorld(async (world) => {
          let end: ProcessEnd;
          do {
            const killAfterMs = random() * undisturbedMs * 0.8;
            end = await world.run("live-through", kills < KILLS ? { killAfterMs } : {});
            if (end.signal === "SIGKILL") kills += 1;
          } while (end.signal === "SIGKILL");
          expectDone(end);
          await expectUndisturbed(world);
        });
      }
    };
    await Promise.all([worker(), worker()]);
    expect(kills).toBeGreaterThanOrEqual(KILLS);
  }, TEST_MS_MAX);
});

/**
 * Which hour learns of late rows, and so when a correction is known, does depend on when a process died: the next reading
 * of the horizon finds them. What must not: the points, what is said of them, and the last word on each group.
 */
describe("a process dies while late rows are being corrected, and the correction is made all the same", () => {
  let corrected: Snapshot;
  beforeAll(async () => {
    const options = { from: learned, isLate: true };
    await inWorld(async (world) => {
      expectDone(await world.run("live-through"));
      corrected = await snapshotOf(world);
    }, options);
  }, TEST_MS_MAX);

  test("the late rows did change something", () => {
    const before = new Set(undisturbed.points);
    const changed = corrected.points.filter((line) => line.startsWith("2026-03-16T06:00") && !before.has(line));
    expect(changed.length).toBeGreaterThanOrEqual(4); // web in fr of both measures, and what is summed from them
    expect(corrected.intervals.filter((line) => line.includes('"version":2')).length).toBeGreaterThan(0);
  });

  // In the turn of the eighth live hour: its own passes, then those of the correction.
  for (const failpoint of ["crawl.rows-read:16", "crawl.attempt-closed:16", "segment.before-rename:10", "segment.after-rename:10", "commit.inside:9"]) {
    test(`at ${failpoint}`, () =>
      inWorld(async (world) => {
        await dies(world, failpoint);
        const dead = await snapshotOf(world);
        expect(dead.detector[0], "it died after the eighth hour").toContain("head 2026-03-16T08:00");
        expect(dead.intervals.filter((line) => line.includes('"version":2')), "and before the correction was committed").toEqual([]);
        expectDone(await world.run("live-through"));
        const { points, series, latestGroups } = await snapshotOf(world);
        expect(points).toEqual(corrected.points);
        expect(series).toEqual(corrected.series);
        expect(latestGroups).toEqual(corrected.latestGroups);
      }, { from: learned, isLate: true }), TEST_MS_MAX);
  }
});

describe("several processes at once", () => {
  test("two that live through the same world do not get in each other's way", () =>
    inWorld(async (world) => {
      const ends = await Promise.all([world.run("live-through"), world.run("live-through")]);
      for (const end of ends) expectDone(end);
      await expectUndisturbed(world);
    }, { from: learned }), TEST_MS_MAX);

  test("two of what serve runs give the same rows as one", async () => {
    const served = async (processes: number) => {
      let snapshot: Snapshot | null = null;
      await inWorld(async (world) => {
        const ends = await Promise.all(Array.from({ length: processes }, () => world.run("serve-through")));
        for (const end of ends) expectDone(end);
        snapshot = await snapshotOf(world);
      }, { from: learned });
      return snapshot as unknown as Snapshot; // inWorld has run
    };
    const one = await served(1);
    const two = await served(2);
    for (const section of Object.keys(one) as (keyof Snapshot)[]) expect(two[section], section).toEqual(one[section]);
    expect(one.points).toEqual(undisturbed.points);
  }, TEST_MS_MAX);
});

/** 0 … 1 */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
