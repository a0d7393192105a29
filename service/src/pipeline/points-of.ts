import type { Interval } from "../crawl/batch.ts";
import type { PointsSegment } from "../store/store.ts";
import type { JudgedBatch } from "./judge-batch.ts";

/** One interval as a segment: a row for every series, missing ones included, in order of their number. */
export function pointsOf(interval: Interval, { input, judgement, counts }: JudgedBatch): PointsSegment {
  const { expected, lower, upper, score, severity, direction, kind, status, heldBack } = judgement;
  return {
    series: Int32Array.from(input.values, (_, s) => s),
    startMs: new Float64Array(input.values.length).fill(interval.startMs),
    value: input.values,
    count: counts,
    scores: { expected, lower, upper, score, severity, direction, kind, status, heldBack },
  };
}
