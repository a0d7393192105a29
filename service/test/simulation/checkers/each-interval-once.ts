import { nextIntervalStart } from "@foretop/engine";
import type { Facts } from "../facts.ts";
import type { SimWorld } from "../sim-world.ts";
import { iso, Violation } from "../violation.ts";

/**
 * From the end of history to the head every interval is in effect exactly once, its versions count from 1, none was
 * judged before it was over, and neither head nor lineage goes back.
 */
export function eachIntervalOnce({ config, scheduler, skewMaxMs }: SimWorld, { detector, intervals }: Facts, before: Facts | null): void {
  const wrong = (message: string): never => {
    throw new Violation("each interval once", message);
  };
  const completed = intervals.filter(({ status }) => status === "COMPLETED");
  const starts = [...new Set(completed.map(({ start_ms }) => start_ms))];
  let expectedMs = detector.live_from_ms;
  for (const startMs of starts) {
    if (startMs !== expectedMs) wrong(`after ${iso(expectedMs)} comes ${iso(startMs)}`);
    expectedMs = nextIntervalStart(startMs, config.frequency, config.zone);
    const versions = completed.filter(({ start_ms }) => start_ms === startMs);
    versions.forEach(({ version, end_ms, known_at_ms }, i) => {
      if (version !== i + 1) wrong(`${iso(startMs)} has version ${version} where ${i + 1} was next`);
      if (end_ms !== expectedMs) wrong(`${iso(startMs)} ends at ${iso(end_ms)}, the calendar says ${iso(expectedMs)}`);
      if (i > 0 && known_at_ms < versions[i - 1].known_at_ms) wrong(`${iso(startMs)}: version ${version} was known before version ${i}`);
    });
    const earliestMs = expectedMs + config.offsetSeconds * 1000;
    if (earliestMs > scheduler.nowMs + skewMaxMs) wrong(`${iso(startMs)} was judged before it was due`);
  }
  if (detector.head_ms !== expectedMs) wrong(`the head is ${iso(detector.head_ms)}, the last interval in effect ends at ${iso(expectedMs)}`);
  if (before !== null && detector.head_ms < before.detector.head_ms) wrong("the head went back");
  if (before !== null && detector.lineage < before.detector.lineage) wrong("the lineage went back");
}
