import type { Interval } from "../crawl/batch.ts";
import { crawlInterval } from "../crawl/crawl-interval.ts";
import type { Detector } from "../resources/detector.ts";
import type { IntervalRecord } from "../store/store.ts";
import { UserError } from "../telemetry/errors.ts";
import { correctIntervals } from "./correct-intervals.ts";
import type { System } from "./system.ts";

/**
 * Reads a past interval again and judges it and everything after it with what came. The same rows give the same result
 * and no new version; other rows give new versions beside the old ones.
 *
 * @returns the record in effect afterwards
 * @throws UserError when the interval has not been run yet or lies in the history learned at activation; SourceError
 */
export async function rerunInterval(detector: Detector, interval: Interval, system: System, signal?: AbortSignal): Promise<IntervalRecord> {
  const record = await system.store.intervals.get(detector.id, interval.startMs);
  if (record === null || detector.headMs === null || interval.startMs >= detector.headMs) {
    throw new UserError(`the interval ${new Date(interval.startMs).toISOString()} has not been run yet`, {
      code: "CONFLICT",
      advice: "Only intervals that are in the detector log can be run again.",
    });
  }
  const batch = await crawlInterval(detector, interval, system, { purpose: "rerun", ...(signal === undefined ? {} : { signal }) });
  const report = await correctIntervals(detector, new Map([[interval.startMs, batch]]), system, "run again on request");
  return report.record ?? record;
}
