/**
 * Which segments of a measure did it, in any range that somebody asks about, anomalous or not: from the committed points
 * and what was expected of them then. Reads, and writes nothing.
 */
import type { Interval } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import type { PointsSegment } from "../store/store.ts";
import { UserError } from "../telemetry/errors.ts";
import type { CheckSystem } from "./check-distinct.ts";
import { findMeasureCauses, type MeasureCauses } from "./find-measure-causes.ts";
import { judgedIntervals } from "./judged-intervals.ts";
import { seriesCountOf } from "./interval-data.ts";
import type { JudgedFigures } from "./measure-leaves.ts";
import { SeriesTable } from "./series-table.ts";

/** Intervals that are added up into one explanation. */
export const EXPLAIN_INTERVALS_MAX = 744;
/** Values read for one explanation: series × intervals. */
const VALUES_MAX = 20_000_000;

export interface RangeExplanation extends MeasureCauses {
  /** the intervals that were added up: their hull */
  readonly interval: Interval;
  readonly intervalCount: number;
  /** of the range's only interval; null when there are several */
  readonly attemptId: string | null;
  readonly knownAtMs: number;
}

/**
 * @throws UserError "NOT_FOUND" when the measure or the range has nothing that was judged, "LIMIT" when there is too much
 */
export async function explainRange(detector: Detector, measureName: string, range: Interval, system: CheckSystem): Promise<RangeExplanation> {
  const { store } = system;
  const { config } = detector;
  const measure = config.measures.find(({ name }) => name === measureName);
  if (measure === undefined) {
    throw new UserError(`detector "${config.name}" has no measure "${measureName}"`, { code: "NOT_FOUND", where: "measure", advice: `It has ${config.measures.map(({ name }) => name).join(", ")}.` });
  }
  if (range.startMs >= range.endMs) throw new UserError("the range is empty: from is not before to", { where: "from" });
  const listed = await store.intervals.list(detector.id, { ...range, limit: EXPLAIN_INTERVALS_MAX + 1 });
  if (listed.length > EXPLAIN_INTERVALS_MAX) {
    throw new UserError(`the range holds more than ${EXPLAIN_INTERVALS_MAX} intervals`, { code: "LIMIT", where: "from", advice: "Explain a shorter range." });
  }
  const found = (await judgedIntervals(detector, range, store)).filter(({ points }) => points !== null && points.scores !== null);
  if (found.length === 0) throw nothingJudged(detector, range);
  const table = new SeriesTable(config, await store.series.list(detector.id, detector.generation));
  if (found.length * table.count > VALUES_MAX) {
    throw new UserError(`the range holds ${found.length * table.count} values, at most ${VALUES_MAX} are read`, { code: "LIMIT", where: "from", advice: "Explain a shorter range." });
  }
  const figures = found.map(({ record, points }) => figuresAt(points!, record.interval.startMs));
  const interval = { startMs: found[0]!.record.interval.startMs, endMs: found.at(-1)!.record.interval.endMs };
  return {
    ...(await findMeasureCauses(measure, { detector, table }, { intervals: figures, interval }, system)),
    interval,
    intervalCount: found.length,
    attemptId: found.length === 1 ? found[0]!.record.attemptId : null,
    knownAtMs: Math.max(...found.map(({ record }) => record.knownAtMs)),
  };
}

function nothingJudged({ config, liveFromMs, headMs }: Detector, { startMs, endMs }: Interval): UserError {
  const text = (ms: number) => new Date(ms).toISOString().replace(".000Z", "Z");
  const judged = liveFromMs === null || headMs === null || headMs <= liveFromMs ? null : `${text(liveFromMs)} to ${text(headMs)}`;
  return new UserError(`no interval of "${config.name}" was judged between ${text(startMs)} and ${text(endMs)}`, {
    code: "NOT_FOUND",
    where: "from",
    advice: judged === null ? "It has not judged any interval yet." : `Intervals judged so far: ${judged}. What came before was learned as history, without a judgement.`,
  });
}

/** One interval of a segment as columns of all its series. */
function figuresAt(points: PointsSegment, startMs: number): JudgedFigures {
  const count = seriesCountOf(points, startMs);
  const column = (source: Float64Array, missing: number): Float64Array => {
    const out = new Float64Array(count).fill(missing);
    for (let row = 0; row < points.startMs.length; row++) if (points.startMs[row] === startMs) out[points.series[row]!] = source[row]!;
    return out;
  };
  const { expected, lower, upper } = points.scores!;
  return { values: column(points.value, NaN), counts: column(points.count, 0), expected: column(expected, NaN), lower: column(lower, NaN), upper: column(upper, NaN) };
}
