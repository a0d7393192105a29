/**
 * What is told about a group beside its figures: the segments that did it, each dimension's contributions, whether the
 * data is at fault, one sentence, and the evidence with which anybody can check it in their own database.
 *
 * Everything stored is a function of what is committed: a run that died and came back tells the same, to the last byte.
 */
import { segmentsOf, type AnomalyGroup, type DimensionContribution, type DimensionValue } from "@foretop/engine";
import type { DataQualityMetric } from "../crawl/batch.ts";
import type { Detector } from "../resources/detector.ts";
import type { GroupCauses, GroupEvidence, StoredGroup } from "../store/store.ts";
import type { CheckSystem } from "./check-distinct.ts";
import { groupVerdict, intervalSigns, type IntervalSigns } from "./data-signs.ts";
import { findMeasureCauses, type MeasureCauses } from "./find-measure-causes.ts";
import { headlineOf } from "./headline.ts";
import type { JudgedInterval } from "./judge-interval.ts";
import type { JudgedFigures } from "./measure-leaves.ts";
import type { SeriesTable } from "./series-table.ts";

export interface ExplainContext {
  readonly detector: Detector;
  readonly table: SeriesTable;
  readonly judged: JudgedInterval;
  readonly evidence: GroupEvidence;
  /** of this reading; null = as the store has it */
  readonly quality: readonly DataQualityMetric[] | null;
  readonly system: CheckSystem;
  /** the last committed revision of a group, for what this interval doesn't change */
  readonly previous: (groupId: string) => Promise<StoredGroup | null>;
  readonly knownAtMs: number;
}

export async function explainGroups(groups: readonly AnomalyGroup[], context: ExplainContext): Promise<StoredGroup[]> {
  const explained: StoredGroup[] = [];
  const shared = new SharedByGroups(context);
  for (const group of groups) explained.push(await explainGroup(group, context, shared));
  return explained;
}

async function explainGroup(group: AnomalyGroup, context: ExplainContext, shared: SharedByGroups): Promise<StoredGroup> {
  const { detector, table, judged, knownAtMs } = context;
  const isPeakNow = group.peakMs === judged.input.startMs;
  const previous = isPeakNow ? null : await context.previous(group.id);
  const named = segmentsOf(group, table.keys);
  const segments = named.map((segment) => Object.fromEntries(segment.dimensions.map(({ name, value }) => [name, value])));
  const told = previous === null ? await shared.explain(group, named.map(({ dimensions }) => dimensions)) : { contributions: previous.contributions, causes: previous.causes };
  return {
    detectorId: detector.id,
    generation: detector.generation,
    group,
    contributions: told.contributions,
    segments,
    headline: headlineOf(group, segments, { intervalSeconds: (context.evidence.interval.endMs - context.evidence.interval.startMs) / 1000 }),
    evidence: previous?.evidence ?? context.evidence,
    ...(told.causes === undefined ? {} : { causes: told.causes }),
    reason: null,
    knownAtMs,
  };
}

/** Where a measure deviates in an interval is the same for all of its groups: looked at once, and only when asked. */
class SharedByGroups {
  readonly #context: ExplainContext;
  readonly #ofMeasure = new Map<string, MeasureCauses>();
  #signs: IntervalSigns | null = null;

  constructor(context: ExplainContext) {
    this.#context = context;
  }

  async explain(group: AnomalyGroup, segments: readonly (readonly DimensionValue[])[]): Promise<{ contributions: readonly DimensionContribution[]; causes: GroupCauses }> {
    const { detector, table, judged } = this.#context;
    const { method, outOfBand, check, report: found } = await this.#causesOf(group.measure);
    const { contribution, ...report } = found;
    const data = groupVerdict(group, await this.#signsOnce(), { detector, table, figures: figuresOf(judged) });
    const inGroup = report.causes.map(({ segment }) => segments.some((own) => isPart(own, segment) || isPart(segment, own)));
    return { contributions: contribution, causes: { startMs: judged.input.startMs, method, report, inGroup, outOfBand, data, ...(check === null ? {} : { check }) } };
  }

  async #causesOf(measureName: string): Promise<MeasureCauses> {
    const { detector, table, judged, system } = this.#context;
    const measure = detector.config.measures.find(({ name }) => name === measureName)!; // groups are of its measures
    const known = this.#ofMeasure.get(measureName) ?? (await findMeasureCauses(measure, { detector, table }, { intervals: [figuresOf(judged)], interval: judged.data.interval }, system));
    this.#ofMeasure.set(measureName, known);
    return known;
  }

  async #signsOnce(): Promise<IntervalSigns> {
    const { detector, table, judged, evidence, quality, system } = this.#context;
    this.#signs ??= await intervalSigns({ detector, table, interval: judged.data.interval, figures: figuresOf(judged), attemptId: evidence.attemptId, quality, store: system.store });
    return this.#signs;
  }
}

function figuresOf({ input, data, judgement }: JudgedInterval): JudgedFigures {
  const { expected, lower, upper } = judgement;
  return { values: input.values, counts: data.counts, expected, lower, upper };
}

/** Whether all of `part`'s values are among `whole`'s; the total is a part of nothing but itself. */
function isPart(part: readonly DimensionValue[], whole: readonly DimensionValue[]): boolean {
  if (part.length === 0) return whole.length === 0;
  return part.every(({ name, value }) => whole.some((other) => other.name === name && other.value === value));
}
