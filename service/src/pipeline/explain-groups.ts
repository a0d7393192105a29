/**
 * What is told about a group beside its figures: the segments that did it, each dimension's contributions, one
 * sentence, and the evidence with which anybody can check it in their own database.
 */
import {
  contributions,
  dimensionColumns,
  segmentsOf,
  type AnomalyGroup,
  type DimensionContribution,
} from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import type { GroupEvidence, StoredGroup } from "../store/store.ts";
import { headlineOf } from "./headline.ts";
import type { JudgedInterval } from "./judge-interval.ts";
import type { SeriesTable } from "./series-table.ts";

export interface ExplainContext {
  readonly detector: Detector;
  readonly table: SeriesTable;
  readonly judged: JudgedInterval;
  readonly evidence: GroupEvidence;
  /** the last committed revision of a group, for what this interval doesn't change */
  readonly previous: (groupId: string) => Promise<StoredGroup | null>;
  readonly knownAtMs: number;
}

export async function explainGroups(groups: readonly AnomalyGroup[], context: ExplainContext): Promise<StoredGroup[]> {
  const explained: StoredGroup[] = [];
  // Where a measure deviates in an interval is the same for all of its groups: looked at once.
  const ofMeasure = new Map<string, DimensionContribution[]>();
  for (const group of groups) explained.push(await explainGroup(group, context, ofMeasure));
  return explained;
}

async function explainGroup(
  group: AnomalyGroup,
  context: ExplainContext,
  ofMeasure: Map<string, DimensionContribution[]>,
): Promise<StoredGroup> {
  const { detector, table, judged, knownAtMs } = context;
  const isPeakNow = group.peakMs === judged.input.startMs;
  const previous = isPeakNow ? null : await context.previous(group.id);
  const segments = segmentsOf(group, table.keys).map((segment) =>
    Object.fromEntries(segment.dimensions.map(({ name, value }) => [name, value])),
  );
  return {
    detectorId: detector.id,
    generation: detector.generation,
    group,
    contributions: previous?.contributions ?? contributionsOnce(),
    segments,
    headline: headlineOf(group, segments, { intervalSeconds: (context.evidence.interval.endMs - context.evidence.interval.startMs) / 1000 }),
    evidence: previous?.evidence ?? context.evidence,
    reason: null,
    knownAtMs,
  };

  function contributionsOnce(): DimensionContribution[] {
    const known = ofMeasure.get(group.measure) ?? contributionsNow(group.measure, context);
    ofMeasure.set(group.measure, known);
    return known;
  }
}

/** Contributions over all leaves of the measure at the group's peak: where the deviation was seen. */
function contributionsNow(measureName: string, { detector, table, judged }: ExplainContext): DimensionContribution[] {
  const measure = table.measures.findIndex((m) => m.name === measureName);
  const leaves: number[] = [];
  for (let s = 0; s < judged.data.values.length; s++) {
    if (table.stored[s]!.isLeaf && table.measureOf[s] === measure) leaves.push(s);
  }
  const names = [...detector.config.dimensions].sort();
  const rows = leaves.map((s) => names.map((name) => table.keys[s]!.dimensions.find((d) => d.name === name)!.value));
  const { expected, lower, upper } = judged.judgement;
  return contributions({
    dimensions: dimensionColumns(names, rows),
    actual: Float64Array.from(leaves, (s) => (Number.isNaN(judged.input.values[s]!) && !Number.isNaN(expected[s]!) ? 0 : judged.input.values[s]!)),
    expected: Float64Array.from(leaves, (s) => expected[s]!),
    spread: Float64Array.from(leaves, (s) => (upper[s]! - lower[s]!) / (2 * BAND_SPREADS)),
  });
}

/** The default band is about this many spreads to each side (engine.md §8: severity 70 is a score of 6.75). */
const BAND_SPREADS = 6.75;
