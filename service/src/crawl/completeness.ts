/**
 * Has an interval's data arrived? Asked before it is judged, because half an hour of rows looks like a drop of half.
 * Two signs against what is usual for the dataset: how many rows there are, and how far into the interval they reach.
 * A dataset that stopped looks the same as one that is late: after `waitIntervalsMax` intervals it is judged as it is.
 */
import { positionOf } from "@foretop/engine";
import type { DetectorConfig } from "../resources/detector.ts";
import type { Interval } from "./batch.ts";

export interface Reading {
  readonly startMs: number;
  readonly endMs: number;
  readonly rows: number;
  readonly maxTimestampMs: number | null;
}

/** How many readings the ledger is asked for: four weeks of hours. */
export const READINGS_CONSIDERED_MAX = 672;
/** Fewer say nothing about what is usual. */
const AT_POSITION_MIN = 3;
const READINGS_MIN = 12;
/** Rows usually reach past this share of the interval: then one that ends in its first half is not complete. */
const REACH_USUAL_MIN = 0.75;
const REACH_SHARE_MIN = 0.5;

/**
 * @param earlier  readings of intervals of the same detector, newest first
 * @returns why the reading looks incomplete, or null
 */
export function whyIncomplete(config: DetectorConfig, reading: Reading, earlier: readonly Reading[]): string | null {
  const { rowShareMin } = config.completeness;
  if (rowShareMin <= 0) return null;
  const usualRows = usual(config, reading, earlier, (r) => r.rows);
  if (usualRows !== null && usualRows > 0 && reading.rows < rowShareMin * usualRows) {
    return `${Math.round((reading.rows / usualRows) * 100)} % of the usual rows (${reading.rows} of ${Math.round(usualRows)})`;
  }
  const usualReach = usual(config, reading, earlier.filter((r) => r.rows > 0), reachOf);
  const reach = reachOf(reading);
  if (usualReach !== null && usualReach >= REACH_USUAL_MIN && reach < REACH_SHARE_MIN * usualReach) {
    return `rows reach ${Math.round(reach * 100)} % into the interval, usually ${Math.round(usualReach * 100)} %`;
  }
  return null;
}

/** Until when a reading that looks incomplete is put off, epoch ms. */
export function waitUntilMs(config: DetectorConfig, interval: Interval): number {
  const length = interval.endMs - interval.startMs;
  return interval.endMs + config.offsetSeconds * 1000 + config.completeness.waitIntervalsMax * length;
}

/** 0 = its start, 1 = its end. */
export function reachOf(reading: Reading): number {
  return reading.maxTimestampMs === null ? 0 : (reading.maxTimestampMs - reading.startMs) / (reading.endMs - reading.startMs);
}

/** The median at the same position (nights are quieter than days), or of the last readings while there are too few. */
export function usual(config: Pick<DetectorConfig, "frequency" | "zone">, reading: Reading, earlier: readonly Reading[], valueOf: (r: Reading) => number): number | null {
  const positionOfStart = (startMs: number): number => positionOf(startMs, config.frequency, config.zone).inDay;
  const position = positionOfStart(reading.startMs);
  const alike = earlier.filter((r) => r.startMs !== reading.startMs && positionOfStart(r.startMs) === position);
  if (alike.length >= AT_POSITION_MIN) return median(alike.map(valueOf));
  const others = earlier.filter((r) => r.startMs !== reading.startMs);
  return others.length >= READINGS_MIN ? median(others.slice(0, READINGS_MIN * 2).map(valueOf)) : null;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
