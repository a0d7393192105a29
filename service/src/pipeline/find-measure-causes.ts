/**
 * Which segments of a measure did it, from judged intervals: for a group at its peak, or for any range that somebody
 * asks about. The same computation gives causes and contribution matrix.
 */
import { CAUSE_LIMITS, findCauses, outOfBand, type CauseReport, type OutOfBand, type SiblingCheck } from "@foretop/engine";
import type { DetectorConfig, MeasureConfig } from "../resources/detector.ts";
import { measureLeaves, type JudgedFigures } from "./measure-leaves.ts";
import type { SeriesTable } from "./series-table.ts";

/** Segments of a minimum or maximum that are listed, the farthest from their band. */
export const OUT_OF_BAND_MAX = 15;
/** Cells of the cube in the service: about half a second, so that an explanation never takes more than two. */
const CELLS_MAX = 1_000_000;
/** Values of one dimension that are named beside a cause; the rest is counted. */
export const SIBLINGS_NAMED_MAX = 12;

export interface MeasureCauses {
  /** how the measure's segments add up to the whole */
  readonly method: "sums" | "averages" | "own values";
  readonly report: CauseReport;
  /** "own values" (minimum, maximum) only: no shares, a list of segments whose own value left its band */
  readonly outOfBand: readonly OutOfBand[];
}

/** Pure. O(leaves × dimensions × intervals) and the search of the engine. */
export function findMeasureCauses(
  measure: MeasureConfig,
  detector: { readonly config: Pick<DetectorConfig, "dimensions">; readonly table: SeriesTable },
  intervals: readonly JudgedFigures[],
): MeasureCauses {
  const leaves = measureLeaves(measure, detector, intervals);
  const isOwn = measure.aggregation === "MIN" || measure.aggregation === "MAX";
  const report = findCauses({ ...leaves, limits: { ...CAUSE_LIMITS, cellsMax: CELLS_MAX } });
  if (!isOwn) return { method: measure.aggregation === "AVG" ? "averages" : "sums", report: trimmed(report), outOfBand: [] };
  const last = intervals.at(-1)!;
  const column = (values: Float64Array) => Float64Array.from(leaves.series, (s) => (s < values.length ? values[s]! : NaN));
  const all = outOfBand({ dimensions: leaves.dimensions, actual: column(last.values), lower: column(last.lower), upper: column(last.upper) });
  return { method: "own values", report: ownValues(report, all.length), outOfBand: all.slice(0, OUT_OF_BAND_MAX) };
}

/** A minimum has no shares: what the search would say of sums is not said. */
function ownValues(report: CauseReport, count: number): CauseReport {
  const verdict = count > 0 ? "segments" : report.verdict === "no data" ? "no data" : "no segment stands out";
  const sentence =
    verdict === "no data"
      ? report.sentence
      : count === 0
        ? `${report.measure}: no segment's own value left its band.`
        : `${report.measure}: ${count === 1 ? "one segment's own value" : `${count} segments' own values`} left ${count === 1 ? "its" : "their"} band. Minima and maxima have no shares, so none is given.`;
  return { ...report, verdict, causes: [], explained: { net: 0, gross: 0 }, smallestSeen: null, sharedChange: 0, sentence };
}

/** A dimension of 50,000 values is not written out beside each cause. */
function trimmed(report: CauseReport): CauseReport {
  const few = (check: SiblingCheck): SiblingCheck => ({
    ...check,
    alike: check.alike.slice(0, SIBLINGS_NAMED_MAX),
    otherwise: check.otherwise.slice(0, SIBLINGS_NAMED_MAX),
    alikeCount: check.alike.length,
    otherwiseCount: check.otherwise.length,
  });
  return { ...report, causes: report.causes.map((cause) => ({ ...cause, siblings: cause.siblings.map(few) })) };
}
