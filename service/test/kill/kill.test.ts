/**
 * A process may die at any moment. Whatever it was doing, the next one takes up there, and in the end everything is as
 * if nothing had happened: rows of points, scores and groups, messages and exported files.
 *
 * Each test lives through a small world (world.ts) in processes of its own that really die, on a real PostgreSQL.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FAILPOINTS, type Failpoint } from "../../src/telemetry/failpoints.ts";
import { testDatabase, type TestDatabase } from "../postgres.ts";
import { KillWorld, type ProcessEnd } from "./kill-world.ts";
import { snapshotOf, type Snapshot } from "./snapshot.ts";
import { fillWarehouse, LIVE_INTERVALS } from "./world.ts";

const TEST_MS_MAX = 300_000;

/**
 * Which passes of each place a process dies at. Where history passes it too, the first pass is there; the others are in
 * the hours lived through: the third live hour opens the first group.
 */
const PASSES: Readonly<Record<Failpoint, readonly number[]>> = {
  "crawl.before": [4],
  "crawl.attempt-opened": [1, 4],
  "crawl.rows-read": [1, 4],
  "crawl.attempt-closed": [4],
  "history.crawled": [1],
  "history.learned": [1],
  "segment.before-write": [5],
  "segment.half-written": [1, 5],
  "segment.before-rename": [5],
  "segment.after-rename": [2, 5],
  "commit.before": [4],
  "commit.inside": [1, 4],
  "commit.after": [1, 4],
  "checkpoint.before": [1],
  "checkpoint.written": [2],
  "checkpoint.after": [1],
  "delivery.before-send": [1],
  "delivery.sent": [1, 3],
  "delivery.recorded": [1],
};

const KILLS = 20;
const KILLS_SEED = 20_261_123;

let warehouse: TestDatabase;
/** the world that nothing happened to */
let undisturbed: Snapshot;
let undisturbedMs: number;

beforeAll(async () => {
  warehouse = await testDatabase();
  await fillWarehouse(warehouse.url);
  await inWorld(async (world) => {
    const end = await world.run("live-through");
    expectDone(end);
    undisturbedMs = end.milliseconds;
    undisturbed = await snapshotOf(world);
  });
}, TEST_MS_MAX);
afterAll(() => warehouse.drop());

async function inWorld(story: (world: KillWorld) => Promise<void>): Promise<void> {
  const world = await KillWorld.open(warehouse.url);
  try {
    await story(world);
  } finally {
    await world.remove();
  }
}

function expectDone(end: ProcessEnd): void {
  expect(end).toMatchObject({ signal: null, code: 0, stderr: "" });
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
  expect(Object.keys(PASSES).sort()).toEqual([...FAILPOINTS].sort());
});

describe.concurrent("a process dies, the next one goes on, and all is as if nothing had happened", () => {
  for (const name of FAILPOINTS) {
    for (const pass of PASSES[name]) {
      test(`at ${name}, pass ${pass}`, () =>
        inWorld(async (world) => {
          const died = await world.run("live-through", { failpoint: `${name}:${pass}` });
          expect(died, "the place was reached, and the process died there").toMatchObject({ signal: "SIGKILL", stderr: "" });
          expectDone(await world.run("live-through"));
          await expectUndisturbed(world);
        }), TEST_MS_MAX);
    }
  }

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

describe("several processes at once", () => {
  test("two that live through the same world do not get in each other's way", () =>
    inWorld(async (world) => {
      expectDone(await world.run("learn-history"));
      const ends = await Promise.all([world.run("live-through"), world.run("live-through")]);
      for (const end of ends) expectDone(end);
      await expectUndisturbed(world);
    }), TEST_MS_MAX);

  test("two of what serve runs give the same rows as one", async () => {
    const served = async (processes: number) => {
      let snapshot: Snapshot | null = null;
      await inWorld(async (world) => {
        expectDone(await world.run("learn-history"));
        const ends = await Promise.all(Array.from({ length: processes }, () => world.run("serve-through")));
        for (const end of ends) expectDone(end);
        snapshot = await snapshotOf(world);
      });
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
