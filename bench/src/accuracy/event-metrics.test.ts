import assert from "node:assert/strict";
import { test } from "vitest";
import { EventScorer, commonThreshold } from "./event-metrics.ts";
import type { ScoredSeries } from "./event-metrics.ts";

/** 200 points; scores at the named indexes, events as [first, last]. */
function series(scores: Readonly<Record<number, number>>, events: readonly (readonly [number, number])[]): ScoredSeries {
  const out = { scores: new Float64Array(200), labels: new Uint8Array(200), present: new Uint8Array(200).fill(1) };
  for (const [t, score] of Object.entries(scores)) out.scores[Number(t)] = score;
  for (const [from, to] of events) out.labels.fill(1, from, to + 1);
  return out;
}

test("points with at most 3 quiet ones between them are one alarm, with 4 they are two", () => {
  const scorer = new EventScorer([series({ 10: 9, 14: 9, 19: 9 }, [])]);
  assert.equal(scorer.at(5).alarms, 2);
});

test("an alarm is true from one point before an event to two after it", () => {
  for (const [at, isTrue] of [[48, 0], [49, 1], [50, 1], [52, 1], [54, 1], [55, 0]] as const) {
    const counts = new EventScorer([series({ [at]: 9 }, [[50, 52]])]).at(5);
    assert.equal(counts.trueAlarms, isTrue, `alarm at ${at}`);
    assert.equal(counts.foundEvents, isTrue);
  }
});

test("event F1 is worked out by hand: two of three events found, one of three alarms false", () => {
  const scorer = new EventScorer([series({ 20: 9, 60: 8, 120: 9 }, [[20, 21], [60, 60], [160, 161]])]);
  const counts = scorer.at(5);
  assert.deepEqual([counts.alarms, counts.trueAlarms, counts.events, counts.foundEvents], [3, 2, 3, 2]);
  assert.ok(Math.abs(scorer.eventF1(counts) - 2 / 3) < 1e-12);
});

test("delay-F1 counts all rows of an event when one of its first four points is found, else none", () => {
  const inTime = new EventScorer([series({ 53: 9 }, [[50, 59]])]);
  assert.deepEqual([inTime.at(5).truePositives, inTime.at(5).falseNegatives], [10, 0]);
  const late = new EventScorer([series({ 54: 9 }, [[50, 59]])]);
  assert.deepEqual([late.at(5).truePositives, late.at(5).falseNegatives, late.at(5).falsePositives], [0, 10, 0]);
});

test("one endless alarm can't win: alarms may cover 10 % of the points", () => {
  const everywhere = Object.fromEntries(Array.from({ length: 200 }, (_, t) => [t, 5 + t / 1000]));
  const scorer = new EventScorer([series(everywhere, [[50, 52]])]);
  assert.equal(scorer.eventF1(scorer.at(5)), 0);
});

test("the common threshold is one for all sets", () => {
  const a = new EventScorer([series({ 20: 9, 100: 2 }, [[20, 20]])]);
  const b = new EventScorer([series({ 30: 4, 90: 1 }, [[30, 30]])]);
  const { threshold, perSet } = commonThreshold([a, b]);
  assert.ok(threshold > 2 && threshold <= 4);
  assert.deepEqual(perSet, [1, 1]);
});
