/**
 * What else moved with a group: measures of its detector, and of detectors that the asker links, by the order of their
 * onsets and the history of their residuals. Reads, and writes nothing.
 *
 * A residual is (actual − expected) / spread of a measure's total: what the measure did beside its rhythm. "Caused" in the
 * strict sense is only said where the configuration declares it: a ratio's numerator and denominator, when they are
 * measures too, are its causes by definition, and their shares of its change (on the log scale) are exact. Anything else
 * is evidence: its strength and how often it was seen before are told with it.
 */
import { factorShares, rhythmOf, relatedMeasures, RELATED_HISTORY_MIN, scoreOf, type RelatedMeasure } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import type { SeriesPoints, Store, StoredGroup } from "../store/store.ts";
import { SeriesTable } from "./series-table.ts";

/** Intervals of residuals that are looked at, the group's included: 12 weeks of hours, a week of five minutes. */
export const RELATED_INTERVALS_MAX = 2016;
/** Measures compared with each other: the regressions grow with their third power. */
export const RELATED_MEASURES_MAX = 40;

export interface RelatedTo {
  readonly detector: Detector;
  readonly measure: string;
  /** number of the series that was compared: the measure's total */
  readonly series: number;
  readonly related: RelatedMeasure;
  /** a part of the ratio: a cause by definition. Its percentage may be below 0 or above 100 where the parts offset. */
  readonly isDeclared: boolean;
  readonly onsetMs: number;
  /** the group in which it was anomalous at that time; null = below what is reported */
  readonly groupId: string | null;
}

export interface RelatedFindings {
  readonly related: readonly RelatedTo[];
  readonly unknownPercentage: number;
  /** judged intervals before the group; under `RELATED_HISTORY_MIN` only the order of onsets is told */
  readonly historyCount: number;
  readonly hasHistory: boolean;
  /** measures without a total of their own, or beyond the limit: not compared */
  readonly left: readonly string[];
}

interface Compared {
  readonly detector: Detector;
  readonly measure: string;
  readonly series: number;
  readonly score: number;
}

/** @param linked  further detectors of the same frequency, in the order in which they matter */
export async function findRelated({ group }: StoredGroup, detector: Detector, linked: readonly Detector[], store: Store): Promise<RelatedFindings> {
  const intervalMs = rhythmOf(detector.config.frequency).intervalSeconds * 1000;
  const left: string[] = [];
  const compared: Compared[] = [];
  for (const each of [detector, ...linked]) {
    const table = new SeriesTable(each.config, await store.series.list(each.id, each.generation));
    // The group's own measure first: it must be within the limit.
    const measures = [...each.config.measures].sort((a, b) => Number(b.name === group.measure) - Number(a.name === group.measure));
    for (const { name, severityMin } of measures) {
      const series = table.numberOf({ measure: name, dimensions: [] });
      if (series === undefined || compared.length >= RELATED_MEASURES_MAX) left.push(each === detector ? name : `${each.config.name}: ${name}`);
      else compared.push({ detector: each, measure: name, series, score: Math.max(1, scoreOf(severityMin)) });
    }
  }
  const own = compared.findIndex((one) => one.detector === detector && one.measure === group.measure);
  const nothing = { related: [], unknownPercentage: 100, historyCount: 0, hasHistory: false, left };
  if (own < 0 || compared.length < 2) return nothing;

  const endMs = group.lastMs + 1;
  const range = { startMs: Math.max(detector.liveFromMs ?? group.startMs, group.startMs - RELATED_INTERVALS_MAX * intervalMs), endMs };
  const points = new Map<Compared, SeriesPoints>();
  for (const each of new Set(compared.map((one) => one.detector))) {
    const ofDetector = compared.filter((one) => one.detector === each);
    const read = await store.segments.readSeries(each.id, each.generation, ofDetector.map(({ series }) => series), range);
    for (const one of ofDetector) {
      const found = read.find(({ series }) => series === one.series);
      if (found !== undefined) points.set(one, found);
    }
  }
  const ownPoints = points.get(compared[own]!);
  if (ownPoints === undefined) return nothing;
  const starts = ownPoints.startMs;
  const length = starts.length;
  const residuals = new Float64Array(compared.length * length).fill(NaN);
  for (const [m, one] of compared.entries()) {
    const found = points.get(one);
    if (found === undefined) continue;
    const rowOf = new Map(Array.from(found.startMs, (ms, row) => [ms, row]));
    for (let t = 0; t < length; t++) {
      const row = rowOf.get(starts[t]!);
      if (row !== undefined) residuals[m * length + t] = residualAt(found, row, one.score);
    }
  }
  const from = lowerBound(starts, group.startMs);
  const { related, unknownPercentage } = relatedMeasures({ residuals, measureCount: compared.length, measure: own, from, to: length });
  const declared = declaredParts(group.peakMs, compared[own]!, points);
  const windowMs = { fromMs: group.startMs - 3 * intervalMs, toMs: endMs + intervalMs };
  const groupsAt: RelatedTo[] = [];
  const parts = declared.map(({ one, share }): RelatedMeasure => ({ measure: compared.indexOf(one), relation: "cause", onset: from, lag: 0, strength: NaN, percentage: share, timesBefore: 0 }));
  for (const entry of [...parts, ...related.filter(({ measure }) => !parts.some((part) => part.measure === measure))]) {
    const one = compared[entry.measure]!;
    const { groups } = await store.groups.list({ detectorId: one.detector.id, measure: one.measure, ...windowMs, limit: 10 });
    const best = groups.filter((each) => each.group.id !== group.id).sort((a, b) => b.group.severity - a.group.severity || (a.group.id < b.group.id ? -1 : 1))[0];
    groupsAt.push({ ...one, related: entry, isDeclared: parts.includes(entry), onsetMs: starts[entry.onset]!, groupId: best?.group.id ?? null });
  }
  const explained = groupsAt.reduce((sum, { related: { percentage } }) => sum + (percentage ?? 0), 0);
  return { related: groupsAt, unknownPercentage: declared.length === 0 ? unknownPercentage : Math.max(0, 100 - explained), historyCount: from, hasHistory: from >= RELATED_HISTORY_MIN, left };
}

/** The sums that a ratio is made of, where they are measures of the same detector, with their shares of its change. */
function declaredParts(peakMs: number, ratio: Compared, points: ReadonlyMap<Compared, SeriesPoints>): { one: Compared; share: number }[] {
  const declared = ratio.detector.config.measures.find(({ name }) => name === ratio.measure)!; // it is compared, so it is one
  if (declared.denominator === undefined) return [];
  const partOf = (column: string) =>
    [...points.keys()].find((one) => one.detector === ratio.detector && ratio.detector.config.measures.some((measure) => measure.name === one.measure && measure.column === column && measure.aggregation === "SUM"));
  const numerator = partOf(declared.column);
  const denominator = partOf(declared.denominator);
  if (numerator === undefined || denominator === undefined) return [];
  const at = (one: Compared) => {
    const { startMs, value, expected } = points.get(one)!;
    const row = startMs.indexOf(peakMs);
    return { actual: value[row] ?? NaN, expected: expected[row] ?? NaN };
  };
  const below = at(denominator);
  const shares = factorShares([at(numerator), { actual: 1 / below.actual, expected: 1 / below.expected }]);
  return shares === null || !shares.every(Number.isFinite) ? [] : [{ one: numerator, share: shares[0]! }, { one: denominator, share: shares[1]! }];
}

function residualAt({ value, expected, lower, upper }: SeriesPoints, row: number, score: number): number {
  const spread = Math.min(upper[row]! - expected[row]!, expected[row]! - lower[row]!) / score;
  return spread > 0 ? (value[row]! - expected[row]!) / spread : NaN;
}

/** First index whose value is not below `at`. */
function lowerBound(sorted: Float64Array, at: number): number {
  let index = 0;
  while (index < sorted.length && sorted[index]! < at) index++;
  return index;
}
