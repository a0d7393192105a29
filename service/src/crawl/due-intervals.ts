/** Which intervals wait to be read, by the schedule alone: nothing is asked from a database's clock. */
import { intervalStartAt, nextIntervalStart } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import type { Interval } from "./batch.ts";

/**
 * Intervals after the detector's head that ended at least the dataset's offset ago, oldest first, at most `limit`: after
 * an outage all of them, in order, a turn at a time. The head moves only with a commit, so that an interval which
 * failed is the first of the next turn; none is ever skipped.
 */
export function dueIntervals(detector: Detector, nowMs: number, limit: number): Interval[] {
  const { frequency, zone } = detector.config;
  const due: Interval[] = [];
  if (detector.headMs === null) return due;
  for (let startMs = detector.headMs; due.length < limit; ) {
    const endMs = nextIntervalStart(startMs, frequency, zone);
    if (!isDue(detector, endMs, nowMs)) break;
    due.push({ startMs, endMs });
    startMs = endMs;
  }
  return due;
}

/** When the next interval will be due, epoch ms; null before the detector has history. */
export function nextDueMs(detector: Detector): number | null {
  const { frequency, zone, offsetSeconds } = detector.config;
  return detector.headMs === null ? null : nextIntervalStart(detector.headMs, frequency, zone) + offsetSeconds * 1000;
}

/**
 * Where history ends and live begins: the end of the last interval that is due now. Both sides use this one instant, so
 * that no interval is left out or learned in part.
 */
export function liveFrom(detector: Detector, nowMs: number): number {
  const { frequency, zone, offsetSeconds } = detector.config;
  return intervalStartAt(nowMs - offsetSeconds * 1000, frequency, zone);
}

function isDue(detector: Detector, endMs: number, nowMs: number): boolean {
  return endMs + detector.config.offsetSeconds * 1000 <= nowMs;
}
