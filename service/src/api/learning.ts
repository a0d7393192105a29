import { intervalStarts, nextIntervalStart, pointsToLearn, rhythmOf } from "@foretop/engine";
import type { z } from "zod";
import type { Detector } from "../resources/detector.ts";
import type { StoredSeries } from "../store/store.ts";
import { instantTextOrNull } from "./shapes/common.ts";
import type { learningShape } from "./shapes/detector.ts";

/**
 * How far a LEARNING detector is, measured at the series that has been there longest; null in any other status.
 * Counted in intervals: a series with missing points takes longer.
 */
export function learningOf(detector: Detector, series: readonly StoredSeries[]): z.input<typeof learningShape> | null {
  if (detector.status !== "LEARNING") return null;
  const firstSeenMs = series.reduce((least, { firstSeenMs }) => Math.min(least, firstSeenMs), Infinity);
  const pointsNeeded = pointsNeededBy(detector, firstSeenMs);
  const { frequency, zone, offsetSeconds } = detector.config;
  const pointsSeen = pointsToLearn(rhythmOf(frequency)) - pointsNeeded;
  let readyMs = detector.headMs;
  for (let i = 0; i < pointsNeeded && readyMs !== null; i++) readyMs = nextIntervalStart(readyMs, frequency, zone);
  return { pointsSeen, pointsNeeded, readyAt: instantTextOrNull(readyMs === null ? null : readyMs + offsetSeconds * 1000) };
}

/** Intervals until a series first seen then is judged, if all arrive; 0 when it is. */
export function pointsNeededBy({ config, headMs }: Detector, firstSeenMs: number): number {
  const wanted = pointsToLearn(rhythmOf(config.frequency));
  if (headMs === null || firstSeenMs >= headMs) return wanted;
  // Only as far back as it takes: a series with years of history is settled after `wanted` steps.
  const enoughMs = headMs - wanted * rhythmOf(config.frequency).intervalSeconds * 1000 * 1.1;
  if (firstSeenMs < enoughMs) return 0;
  return Math.max(0, wanted - intervalStarts(firstSeenMs, headMs, config.frequency, config.zone).length);
}
