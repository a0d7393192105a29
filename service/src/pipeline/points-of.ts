import type { PointsSegment } from "../store/store.ts";
import type { JudgedInterval } from "./judge-interval.ts";

/** One interval as a segment: a row for every series, missing ones included, in order of their number. */
export function pointsOf({ data, judgement }: JudgedInterval): PointsSegment {
  const { expected, lower, upper, score, severity, direction, kind, status, heldBack } = judgement;
  return {
    series: Int32Array.from(data.values, (_, s) => s),
    startMs: new Float64Array(data.values.length).fill(data.interval.startMs),
    value: data.values,
    count: data.counts,
    scores: { expected, lower, upper, score, severity, direction, kind, status, heldBack },
  };
}
