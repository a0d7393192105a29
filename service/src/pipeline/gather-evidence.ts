/**
 * Everything that a group's figures rest on, in a form that somebody else can check: the SQL for their own database, the
 * reading, the versions, how expected and band came about. `verifyEvidence` does it again and says what differs.
 */
import { createHash } from "node:crypto";
import { explainExpected, positionOf, type Explanation, type SeriesKey } from "@foretop/engine";
import { crawlInterval } from "../crawl/crawl-interval.ts";
import { withoutAggregation } from "../connectors/sql/aggregate-query.ts";
import { quoteName } from "../connectors/sql/quote-name.ts";
import { shownSql } from "../connectors/sql/shown-sql.ts";
import type { Detector, MeasureConfig } from "../resources/detector.ts";
import type { SeriesPoints, StoredGroup } from "../store/store.ts";
import { UserError } from "../telemetry/errors.ts";
import { dataFromBatch } from "./interval-data.ts";
import { judgeInterval } from "./judge-interval.ts";
import { modelsBefore } from "./live-models.ts";
import type { System } from "./system.ts";

export interface Evidence {
  readonly groupId: string;
  readonly revision: number;
  readonly measure: string;
  /** the interval whose figures are shown: the most severe one */
  readonly startMs: number;
  readonly endMs: number;
  /** the interval's version that was in effect when this revision became known */
  readonly intervalVersion: number;
  readonly knownAtMs: number;
  readonly attemptId: string;
  /** the statement of that reading, bounds in place */
  readonly sql: string;
  readonly queryHash: string;
  readonly configHash: string;
  readonly modelVersion: string;
  /** states were loaded from the checkpoint that ends here and replayed to the interval */
  readonly checkpointEndMs: number;
  /** the head first, then the most severe other members */
  readonly series: readonly SeriesEvidence[];
  /** SHA-256 over all of the above */
  readonly hash: string;
}

export interface SeriesEvidence {
  readonly key: SeriesKey;
  readonly isHead: boolean;
  /** NaN = missing */
  readonly actual: number;
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
  readonly severity: number;
  /** gives `actual` in the user's own database */
  readonly sql: string;
  /** how expected and band came about, from the states before the interval */
  readonly explanation: Explanation;
}

export interface Verification {
  readonly evidence: Evidence;
  readonly isSame: boolean;
  readonly differences: readonly EvidenceDifference[];
}

export interface EvidenceDifference {
  /** of a series; null for the whole */
  readonly key: SeriesKey | null;
  readonly what: "actual" | "expected" | "severity";
  readonly was: number;
  readonly is: number;
  /** a later reading has found the same: the interval was corrected since, by too little for a revision of the group */
  readonly isCorrectedSince: boolean;
}

/** Series that evidence speaks of; a group of thousands is shown by its head and its most severe members. */
export const EVIDENCE_SERIES_MAX = 20;

export async function gatherEvidence(stored: StoredGroup, detector: Detector, system: System): Promise<Evidence> {
  const { group, evidence, knownAtMs } = stored;
  const { interval } = evidence;
  refuseOldGeneration(stored, detector);
  const record = await system.store.intervals.get(detector.id, interval.startMs, knownAtMs);
  const numbers = evidenceSeries(stored);
  const range = { startMs: interval.startMs, endMs: interval.endMs, asOfMs: knownAtMs };
  const points = await system.store.segments.readSeries(detector.id, detector.generation, numbers, range);
  const { models, checkpointEndMs } = await modelsBefore(detector, system.store, interval.startMs, knownAtMs);
  const position = positionOf(interval.startMs, detector.config.frequency, detector.config.zone);
  const sql = shownSql(evidence.statement, evidence.parameters);
  const series = numbers.flatMap((number): SeriesEvidence[] => {
    const found = points.find((each) => each.series === number);
    if (found === undefined || number >= models.states.seriesCount) return []; // it was born in this interval
    const key = models.table.keys[number]!;
    const measure = detector.config.measures.find(({ name }) => name === key.measure)!;
    return [
      {
        key,
        isHead: group.head.includes(number),
        ...figuresAt(found, interval.startMs),
        sql: seriesSql(sql, key, measure),
        explanation: explainExpected(models.states, number, position),
      },
    ];
  });
  const whole = {
    groupId: group.id,
    revision: group.revision,
    measure: group.measure,
    startMs: interval.startMs,
    endMs: interval.endMs,
    intervalVersion: record?.version ?? 0,
    knownAtMs,
    attemptId: evidence.attemptId,
    sql,
    queryHash: evidence.queryHash,
    configHash: evidence.configHash,
    modelVersion: evidence.modelVersion,
    checkpointEndMs,
    series,
  };
  return { ...whole, hash: createHash("sha256").update(JSON.stringify(whole)).digest("hex") };
}

/** Reads the interval again, judges it with the states of then, and compares. Changes nothing; throws SourceError. */
export async function verifyEvidence(stored: StoredGroup, detector: Detector, system: System, signal?: AbortSignal): Promise<Verification> {
  const evidence = await gatherEvidence(stored, detector, system);
  const interval = { startMs: evidence.startMs, endMs: evidence.endMs };
  const batch = await crawlInterval(detector, interval, system, { purpose: "rerun", ...(signal === undefined ? {} : { signal }) });
  const { models } = await modelsBefore(detector, system.store, interval.startMs, stored.knownAtMs);
  models.table.extend(batch.keys, interval.startMs);
  const { data, judgement } = judgeInterval(detector, models, dataFromBatch(models.table, batch));
  const differences: EvidenceDifference[] = [];
  const newest = await newestActuals(stored, detector, system);
  for (const { key, actual, expected, severity } of evidence.series) {
    const s = models.table.numberOf(key)!;
    const known = newest.get(s) ?? NaN;
    const isCorrectedSince = !isNear(actual, known) && isNear(data.values[s]!, known);
    const now = { actual: data.values[s]!, expected: judgement.expected[s]!, severity: judgement.severity[s]! };
    const was = { actual, expected, severity };
    for (const what of ["actual", "expected", "severity"] as const) {
      if (!isNear(was[what], now[what])) differences.push({ key, what, was: was[what], is: now[what], isCorrectedSince });
    }
  }
  return { evidence, isSame: differences.length === 0, differences };
}

/** By series: what the newest reading of the group's interval has. */
async function newestActuals(stored: StoredGroup, detector: Detector, { store }: System): Promise<Map<number, number>> {
  const { startMs, endMs } = stored.evidence.interval;
  const points = await store.segments.readSeries(detector.id, detector.generation, evidenceSeries(stored), { startMs, endMs });
  return new Map(points.map((found) => [found.series, figuresAt(found, startMs).actual]));
}

function refuseOldGeneration(stored: StoredGroup, detector: Detector): void {
  if (stored.generation === detector.generation) return;
  throw new UserError(`the group belongs to generation ${stored.generation} of ${detector.config.name}, which has learned anew since`, {
    code: "CONFLICT",
    advice: "Its figures and statement are still shown by `foretop anomaly show`; the states behind them are gone.",
  });
}

/** The head, then the most severe members. */
function evidenceSeries({ group }: StoredGroup): number[] {
  const others = group.members
    .filter(({ series }) => !group.head.includes(series))
    .sort((a, b) => b.severity - a.severity || a.series - b.series)
    .map(({ series }) => series);
  return [...group.head, ...others].slice(0, EVIDENCE_SERIES_MAX);
}

function figuresAt(points: SeriesPoints, startMs: number): Pick<SeriesEvidence, "actual" | "expected" | "lower" | "upper" | "severity"> {
  const t = points.startMs.indexOf(startMs);
  const at = (column: Float64Array): number => (t < 0 ? NaN : column[t]!);
  return { actual: at(points.value), expected: at(points.expected), lower: at(points.lower), upper: at(points.upper), severity: at(points.severity) };
}

/** One figure out of the interval's statement: what a person would write to check it. */
export function seriesSql(intervalSql: string, key: SeriesKey, { column, aggregation, denominator }: Pick<MeasureConfig, "column" | "aggregation" | "denominator">): string {
  const where = key.dimensions.map(({ name, value }) =>
    value === null ? `${quoteName(name)} is null` : `${quoteName(name)} = '${value.replaceAll("'", "''")}'`,
  );
  // A row counts where both are there; integers must not be divided as such.
  const both = denominator === undefined ? "" : `case when ${quoteName(column)} is not null and ${quoteName(denominator)} is not null then`;
  const figure =
    denominator === undefined
      ? `${aggregation === "COUNT_DISTINCT" ? "count(distinct " : `${aggregation.toLowerCase()}(`}${quoteName(column)})`
      : `sum(${both} ${quoteName(column)} end) * 1.0 / nullif(sum(${both} ${quoteName(denominator)} end), 0)`;
  const lines = [`select ${figure} as actual, count(*) as row_count`, `from (\n${withoutAggregation(intervalSql).trimEnd()}\n) as evidence`];
  if (where.length > 0) lines.push(`where ${where.join("\n  and ")}`);
  return lines.join("\n");
}

/** Bands are stored with 32 bits, and sums of the same rows in another order differ in the last ones. */
const NEAR_SHARE = 1e-5;

function isNear(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= NEAR_SHARE * Math.max(1e-9, Math.abs(a), Math.abs(b));
}
