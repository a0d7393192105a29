import { createStates, rhythmOf } from "@foretop/engine";
import { expect, test } from "vitest";
import { Snapshots } from "./snapshots.ts";

const HOUR = 3_600_000;
const at = (hour: number, lineage = 0, detectorId = "d") => {
  const states = createStates(rhythmOf("PT1H"), 2);
  states.data.fill(hour);
  return { detectorId, generation: 1, lineage, states, open: [], untilMs: hour * HOUR };
};
const detector = (lineage = 0, id = "d", generation = 1) => ({ id, generation, lineage });
const hourOf = (snapshots: Snapshots, hour: number, of = detector()) => snapshots.newest(of, hour * HOUR)?.states.data[0] ?? null;

test("copies are twelve intervals apart, the newest three are kept, the newest that is old enough is given", () => {
  const snapshots = new Snapshots();
  for (let hour = 0; hour <= 50; hour++) snapshots.offer(at(hour));
  expect([50, 47, 36, 35, 24, 23].map((hour) => hourOf(snapshots, hour))).toEqual([48, 36, 36, 24, 24, null]);
});

test("a copy is its taker's own: neither what is learned on nor what a taker does to it changes it", () => {
  const snapshots = new Snapshots();
  const live = at(5);
  snapshots.offer(live);
  live.states.data.fill(99);
  snapshots.newest(detector(), 9 * HOUR)!.states.data.fill(77);
  expect(hourOf(snapshots, 9)).toBe(5);
});

test("a correction of our own keeps what is before it, on the next lineage; anybody else's ends all of them", () => {
  const snapshots = new Snapshots();
  for (const hour of [0, 12, 24]) snapshots.offer(at(hour));
  snapshots.corrected(detector(), 12 * HOUR, []);
  expect([hourOf(snapshots, 99, detector(1)), hourOf(snapshots, 11, detector(1)), hourOf(snapshots, 99)]).toEqual([12, 0, null]);
  expect(hourOf(snapshots, 99, detector(2))).toBe(null);
  expect(hourOf(snapshots, 99, detector(1, "d", 2))).toBe(null);
  snapshots.offer(at(30, 2));
  expect([hourOf(snapshots, 99, detector(2)), hourOf(snapshots, 29, detector(2))]).toEqual([30, null]);
});

test("copies that a correction has made take the place of those after it", () => {
  const snapshots = new Snapshots();
  for (const hour of [0, 12, 24]) snapshots.offer(at(hour));
  const corrected = at(24);
  corrected.states.data.fill(42);
  snapshots.corrected(detector(), 13 * HOUR, [at(12), corrected]);
  expect(snapshots.ends(detector(1))).toEqual([0, 12 * HOUR, 24 * HOUR]);
  expect(snapshots.peek(detector(1), 99 * HOUR)!.states.data.every((number) => number === 42)).toBe(true);
});

test("detectors that were not offered for the longest lose theirs when the room is used up", () => {
  const snapshots = new Snapshots();
  const large = (id: string, hour: number) => ({ ...at(hour, 0, id), states: { ...createStates(rhythmOf("PT1H"), 0), data: new Float32Array((100 << 20) / 4) } });
  for (const id of ["a", "b", "c"]) snapshots.offer(large(id, 0));
  expect(["a", "b", "c"].map((id) => snapshots.newest(detector(0, id), 0) !== null)).toEqual([false, true, true]);
});
