/**
 * Which segments of a measure did it, from judged intervals: for a group at its peak, or for any range that somebody
 * asks about. The same computation gives causes and contribution matrix.
 */
import { CAUSE_LIMITS, findCauses, findRatioCauses, outOfBand, RATIO_SETTINGS, type CauseReport, type OutOfBand, type SiblingCheck } from "@foretop/engine";
import type { Interval } from "../crawl/batch.ts";
import type { Detector, MeasureConfig } from "../resources/detector.ts";
import type { CauseMethod } from "../store/cause-methods.ts";
import type { DistinctCheck } from "../store/store.ts";
import { checkDistinct, type CheckSystem } from "./check-distinct.ts";
import { measureLeaves, type JudgedFigures, type MeasureLeaves } from "./measure-leaves.ts";
import { ratioLeaves } from "./ratio-leaves.ts";
import type { SeriesTable } from "./series-table.ts";

/** Segments of a minimum or maximum that are listed, the farthest from their band. */
export const OUT_OF_BAND_MAX = 15;
/** Cells of the cube in the service: about half a second, so that an explanation never takes more than two. */
const CELLS_MAX = 1_000_000;
const LIMITS = { ...CAUSE_LIMITS, cellsMax: CELLS_MAX };
/** A rate counts as moved from here on, like sums do: with a day of history it is the evidence that decides. */
const RATE_CHANGE_MIN = 0.05;
/** Values of one dimension that are named beside a cause; the rest is counted. */
export const SIBLINGS_NAMED_MAX = 12;

export interface MeasureCauses {
  readonly method: CauseMethod;
  readonly report: CauseReport;
  /** "own values" (minimum, maximum) only: no shares, a list of segments whose own value left its band */
  readonly outOfBand: readonly OutOfBand[];
  /** "distinct counts" only */
  readonly check: DistinctCheck | null;
}

/** What explains a measure in one interval or several, with what has to be asked beside its figures. */
export async function findMeasureCauses(
  measure: MeasureConfig,
  { detector, table }: { readonly detector: Detector; readonly table: SeriesTable },
  { intervals, interval }: { readonly intervals: readonly JudgedFigures[]; readonly interval: Interval },
  system: CheckSystem,
): Promise<MeasureCauses> {
  const leaves = measureLeaves(measure, { config: detector.config, table }, intervals);
  if (measure.denominator !== undefined) {
    const ratio = await ratioLeaves(leaves, detector, { intervals, startMs: interval.startMs }, system.store);
    if (ratio !== null) {
      const report = findRatioCauses({ ...ratio, measure: measure.name, settings: { ...RATIO_SETTINGS, changeMin: RATE_CHANGE_MIN }, limits: LIMITS });
      return { method: "rates", report: trimmed(report), outOfBand: [], check: null };
    }
  }
  const found = causesOfLeaves(measure, leaves, intervals.at(-1)!);
  if (found.method !== "distinct counts") return found;
  if (intervals.length > 1) return { ...found, check: { isDone: false, why: "the counts of several intervals were added up: who came in two is counted in both" } };
  const { report, check } = await checkDistinct({ detector, measure, interval, leaves, report: found.report }, system);
  return { ...found, report, check };
}

/** From the leaves alone. Pure. O(leaves × dimensions) and the search of the engine. */
export function causesOfLeaves(measure: MeasureConfig, leaves: MeasureLeaves, last: JudgedFigures): MeasureCauses {
  const report = findCauses({ ...leaves, limits: LIMITS });
  if (measure.aggregation !== "MIN" && measure.aggregation !== "MAX") {
    const method = leaves.kind === "average" ? "averages" : leaves.kind === "distinct" ? "distinct counts" : "sums";
    return { method, report: trimmed(report), outOfBand: [], check: null };
  }
  const column = (values: Float64Array) => Float64Array.from(leaves.series, (s) => (s < values.length ? values[s]! : NaN));
  const all = outOfBand({ dimensions: leaves.dimensions, actual: column(last.values), lower: column(last.lower), upper: column(last.upper) });
  return { method: "own values", report: ownValues(report, all.length), outOfBand: all.slice(0, OUT_OF_BAND_MAX), check: null };
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
