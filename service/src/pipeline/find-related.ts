/**
 * What else moved with a group: measures of its detector, and of detectors that it is linked with, by the order of their
 * onsets and the history of their residuals. Reads, and writes nothing.
 *
 * A residual is (actual − expected) / spread of a measure's total: what the measure did beside its rhythm. "Caused" in the
 * strict sense is only said where the configuration declares it (declared-relations.ts): what a measure is made of are its
 * causes by definition, and their shares of its change are exact. Anything else is evidence: its strength and how often it
 * was seen before are told with it.
 */
import { rhythmOf, relatedMeasures, RELATED_HISTORY_MIN, scoreOf, type DimensionValue, type RelatedMeasure } from "@foretop/engine";
import type { Detector, RelationConfig } from "../resources/detector.ts";
import type { SeriesPoints, Store, StoredGroup } from "../store/store.ts";
import { relationsOf, splitBy, type Figures, type RelationSplit } from "./declared-relations.ts";
import type { LinkedDetector } from "./linked-detectors.ts";
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
  /** by a declared relation: null for what only the history links */
  readonly declared: DeclaredRelated | null;
  readonly onsetMs: number;
  /** the group in which it was anomalous at that time; null = below what is reported */
  readonly groupId: string | null;
}

export interface DeclaredRelated extends Figures {
  readonly split: RelationSplit;
  /** of the part: of the group's measure for a cause, of the other measure for an effect; in the whole's unit */
  readonly amount: number;
  /** the part of the whole's change in percent: below 0 or above 100 where the parts offset each other */
  readonly share: number;
}

export interface RelatedFindings {
  readonly related: readonly RelatedTo[];
  readonly unknownPercentage: number;
  /** judged intervals before the group; under `RELATED_HISTORY_MIN` only the order of onsets is told */
  readonly historyCount: number;
  readonly hasHistory: boolean;
  /** the segment in which declared relations were split: the group's head, if all parts have it, else the total */
  readonly segment: readonly DimensionValue[];
  /** measures without a total of their own, or beyond the limit: not compared */
  readonly left: readonly string[];
  /** declared relations that could not be used, with the reason */
  readonly notes: readonly string[];
}

interface Compared {
  readonly detector: Detector;
  readonly measure: string;
  readonly series: number;
  readonly score: number;
}

/** @param linked  further detectors of the same frequency, in the order in which they matter */
export async function findRelated({ group }: StoredGroup, detector: Detector, linked: readonly LinkedDetector[], store: Store): Promise<RelatedFindings> {
  const intervalMs = rhythmOf(detector.config.frequency).intervalSeconds * 1000;
  const tables = new Map<Detector, SeriesTable>();
  const left: string[] = [];
  const compared: Compared[] = [];
  for (const { detector: each, measures: only } of [{ detector, measures: null }, ...linked]) {
    const table = new SeriesTable(each.config, await store.series.list(each.id, each.generation));
    tables.set(each, table);
    // The group's own measure first: it must be within the limit.
    const measures = each.config.measures.filter(({ name }) => only === null || only.includes(name)).sort((a, b) => Number(b.name === group.measure) - Number(a.name === group.measure));
    for (const { name, severityMin } of measures) {
      const series = table.numberOf({ measure: name, dimensions: [] });
      if (series === undefined || compared.length >= RELATED_MEASURES_MAX) left.push(each === detector ? name : `${each.config.name}: ${name}`);
      else compared.push({ detector: each, measure: name, series, score: Math.max(1, scoreOf(severityMin)) });
    }
  }
  const own = compared.findIndex((one) => one.detector === detector && one.measure === group.measure);
  const nothing = { related: [], unknownPercentage: 100, historyCount: 0, hasHistory: false, segment: [], left, notes: [] };
  if (own < 0 || compared.length < 2) return nothing;

  const endMs = group.lastMs + 1;
  const range = { startMs: Math.max(detector.liveFromMs ?? group.startMs, group.startMs - RELATED_INTERVALS_MAX * intervalMs), endMs };
  const points = new Map<Compared, SeriesPoints>();
  for (const each of tables.keys()) {
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
  const { causes, effects, segment, notes } = await declaredFor(group, { detector, table: tables.get(detector)!, store });
  const placeOf = (measure: string) => compared.findIndex((one) => one.detector === detector && one.measure === measure);
  const isOff = (m: number) => residuals.subarray(m * length + from, (m + 1) * length).some((r) => Math.abs(r) > compared[m]!.score);
  const entries: { readonly related: RelatedMeasure; readonly declared: DeclaredRelated | null }[] = [
    ...causes.map((declared) => ({ declared, at: placeOf(declared.measure), relation: "cause" as const })),
    ...effects.map((declared) => ({ declared, at: placeOf(declared.measure), relation: "effect" as const })).filter(({ at }) => at >= 0 && isOff(at)),
  ].flatMap(({ declared, at, relation }) => {
    if (at < 0) return [];
    const byDefinition = { measure: at, relation, onset: lowerBound(starts, group.peakMs), lag: 0, strength: NaN, percentage: relation === "cause" ? declared.share : null, timesBefore: 0 };
    return [{ related: byDefinition, declared }];
  });
  const isSaid = new Set(entries.map((entry) => entry.related.measure));
  // What is declared explains everything: links of the history would explain the same once more.
  for (const entry of related) if (!isSaid.has(entry.measure)) entries.push({ related: causes.length === 0 ? entry : { ...entry, percentage: null }, declared: null });
  const windowMs = { fromMs: group.startMs - 3 * intervalMs, toMs: endMs + intervalMs };
  const found: RelatedTo[] = [];
  for (const { related: entry, declared } of entries) {
    const one = compared[entry.measure]!;
    const { groups } = await store.groups.list({ detectorId: one.detector.id, measure: one.measure, ...windowMs, limit: 10 });
    const best = groups.filter((each) => each.group.id !== group.id).sort((a, b) => b.group.severity - a.group.severity || (a.group.id < b.group.id ? -1 : 1))[0];
    found.push({ ...one, related: entry, declared, onsetMs: starts[entry.onset]!, groupId: best?.group.id ?? null });
  }
  return { related: found, unknownPercentage: causes.length === 0 ? unknownPercentage : 0, historyCount: from, hasHistory: from >= RELATED_HISTORY_MIN, segment, left, notes };
}

interface DeclaredFor {
  readonly causes: readonly (DeclaredRelated & { readonly measure: string })[];
  readonly effects: readonly (DeclaredRelated & { readonly measure: string })[];
  readonly segment: readonly DimensionValue[];
  readonly notes: readonly string[];
}

/** What the group's measure is made of, and what is made of it, at the group's peak. */
async function declaredFor(group: StoredGroup["group"], { detector, table, store }: { detector: Detector; table: SeriesTable; store: Store }): Promise<DeclaredFor> {
  const relations = relationsOf(detector.config).filter(({ measure, parts }) => measure === group.measure || parts.some((part) => part.measure === group.measure));
  if (relations.length === 0) return { causes: [], effects: [], segment: [], notes: [] };
  const names = [...new Set(relations.flatMap((relation) => [relation.measure, ...relation.parts.map((part) => part.measure)]))];
  // In the segment itself where every measure has it: the total may hardly have moved.
  const head = group.head.length === 1 ? (table.keys[group.head[0]!]?.dimensions ?? []) : [];
  const segment = names.every((measure) => table.numberOf({ measure, dimensions: head }) !== undefined) ? head : [];
  const numbers = names.map((measure) => table.numberOf({ measure, dimensions: segment }));
  const known = numbers.flatMap((number) => (number === undefined ? [] : [number]));
  const read = await store.segments.readSeries(detector.id, detector.generation, known, { startMs: group.peakMs, endMs: group.peakMs + 1 });
  const figuresOf = (measure: string): Figures | null => {
    const found = read.find(({ series }) => series === numbers[names.indexOf(measure)]);
    const row = found?.startMs.indexOf(group.peakMs) ?? -1;
    return found === undefined || row < 0 ? null : { actual: found.value[row]!, expected: found.expected[row]! };
  };
  const notes: string[] = [];
  const split = (relation: RelationConfig): RelationSplit | null => {
    const whole = figuresOf(relation.measure);
    const found = whole === null ? { why: `${relation.measure} has no series for this segment` } : splitBy(relation, whole, figuresOf);
    if (!("why" in found)) return found;
    if (relation.measure === group.measure) notes.push(found.why);
    return null;
  };
  const isOwn = relations.find(({ measure }) => measure === group.measure);
  const ofOwn = isOwn === undefined ? null : split(isOwn);
  const causes = (ofOwn?.parts ?? []).map((part) => ({ ...part, split: ofOwn! }));
  const effects = relations.flatMap((relation) => {
    const found = relation.measure === group.measure ? null : split(relation);
    const part = found?.parts.find(({ measure }) => measure === group.measure);
    return found === null || part === undefined ? [] : [{ ...part, measure: relation.measure, ...found.whole, split: found }];
  });
  return { causes, effects, segment, notes };
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
