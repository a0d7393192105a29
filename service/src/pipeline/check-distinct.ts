/**
 * Distinct counts do not add up: whoever uses two platforms is counted in both. So causes of such a measure are searched
 * as if they did, and then each is counted in the user's own database: one statement with the segments side by side, for
 * the interval itself and for a calm one to compare with (the same time a day or a week before, else the one before).
 *
 * What a segment's own count should have been: its own count then, times the change that the forecasts of its combinations
 * expect since. A segment that did not move by its own count is withdrawn.
 */
import { checkedProposals, intervalStartBefore, nextIntervalStart, type CauseReport, type CountedProposal, type DimensionValue, type Frequency } from "@foretop/engine";
import { bindQuery } from "../connectors/sql/bind-query.ts";
import { shownSql } from "../connectors/sql/shown-sql.ts";
import type { BoundQuery, Cell, Source } from "../connectors/connector.ts";
import type { Interval } from "../crawl/batch.ts";
import { openDataset } from "../crawl/read-attempt.ts";
import type { Detector, MeasureConfig } from "../resources/detector.ts";
import type { DistinctCheck } from "../store/store.ts";
import { adviceOf, describeError, SourceError } from "../telemetry/errors.ts";
import type { MeasureLeaves } from "./measure-leaves.ts";
import type { System } from "./system.ts";

/** A statement of such a check may take so long; then the causes stay proposals. */
export const DISTINCT_CHECK_SECONDS_MAX = 60;

export interface DistinctToCheck {
  readonly detector: Detector;
  readonly measure: MeasureConfig;
  readonly interval: Interval;
  readonly leaves: MeasureLeaves;
  readonly report: CauseReport;
}

export type CheckSystem = Pick<System, "store" | "connectors" | "secrets">;

/** Never throws for what the source does: causes that can't be checked stay proposals, and the reason is said. */
export async function checkDistinct(input: DistinctToCheck, system: CheckSystem, signal?: AbortSignal): Promise<{ report: CauseReport; check: DistinctCheck }> {
  const { detector, measure, interval, leaves, report } = input;
  const undone = (why: string) => ({ report: checkedProposals(report, []), check: { isDone: false as const, why } });
  if (report.causes.length === 0) return undone("there was nothing to check");
  const compared = await calmInterval(detector, interval, leaves, system);
  if (compared === null) return undone("no earlier interval is known to compare with");
  try {
    const source = await openDataset(detector.config, system, signal);
    try {
      if (source.dialect === "files") return undone("files answer no queries");
      const segments = report.causes.map(({ segment }) => segment);
      const counts = async (range: Interval) => {
        const query = distinctQuery(bindQuery(detector.config.query, detector.config.timestamp.column, range, source.dialect), measure.column, segments, source.dialect);
        return { query, values: await onlyRow(source, query, { timeoutMs: 1000 * Math.min(DISTINCT_CHECK_SECONDS_MAX, detector.config.limits.querySecondsMax), ...(signal && { signal }) }) };
      };
      const now = await counts(interval);
      const calm = await counts(compared.interval);
      const proposalOf = (segment: readonly DimensionValue[], k: number): CountedProposal | null => countedProposal({ now: now.values[k]!, calm: calm.values[k]!, segment, leaves, before: compared.values });
      const total = countedProposal({ now: now.values.at(-1)!, calm: calm.values.at(-1)!, segment: [], leaves, before: compared.values });
      const checked = checkedProposals(report, segments.map(proposalOf), total);
      return {
        report: checked,
        check: { isDone: true, sql: shownSql(now.query.sql, now.query.parameters), comparedWith: compared.interval, comparedSql: shownSql(calm.query.sql, calm.query.parameters), withdrawnCount: report.causes.length - checked.causes.length },
      };
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof SourceError) || signal?.aborted === true) throw error;
    const advice = adviceOf(error);
    return undone(`the source did not answer: ${describeError(error)}${advice === null ? "" : ` – ${advice}`}`);
  }
}

/** Intervals back to the same time of the day before, or of the week before. */
const SEASON: Readonly<Record<Frequency, number>> = { PT5M: 288, PT10M: 144, PT1H: 24, P1D: 7 };

/** The same time a day before (a week before for days), else the interval before; null where neither has points. */
async function calmInterval(detector: Detector, { startMs }: Interval, leaves: MeasureLeaves, { store }: CheckSystem): Promise<{ interval: Interval; values: Float64Array } | null> {
  const { frequency, zone } = detector.config;
  for (const back of [SEASON[frequency], 1]) {
    const fromMs = intervalStartBefore(startMs, back, frequency, zone);
    const interval = { startMs: fromMs, endMs: nextIntervalStart(fromMs, frequency, zone) };
    const read = await store.segments.readSeries(detector.id, detector.generation, leaves.series, { startMs: fromMs, endMs: fromMs + 1 });
    const valueOf = new Map(read.map(({ series, startMs: starts, value }) => [series, value[starts.indexOf(fromMs)] ?? NaN]));
    const values = Float64Array.from(leaves.series, (s) => valueOf.get(s) ?? NaN);
    if (values.some((value) => value > 0)) return { interval, values };
  }
  return null;
}

function countedProposal({ now, calm, segment, leaves, before }: { now: number; calm: number; segment: readonly DimensionValue[]; leaves: MeasureLeaves; before: Float64Array }): CountedProposal | null {
  const isInside = leaves.dimensions.map(({ name, values }) => {
    const own = segment.find((part) => part.name === name);
    return values.map((value) => own === undefined || own.value === value);
  });
  let past = 0;
  let expected = 0;
  let variance = 0;
  for (let i = 0; i < before.length; i++) {
    if (!leaves.dimensions.every(({ codes }, d) => isInside[d]![codes[i]!])) continue;
    if (before[i]! > 0) past += before[i]!;
    if (Number.isFinite(leaves.expected[i]!)) expected += leaves.expected[i]!;
    variance += (leaves.spread?.[i] ?? 0) ** 2;
  }
  if (!(past > 0) || !(calm > 0)) return null;
  const own = calm / past; // below 1 where combinations share values
  return { actual: now, expected: own * expected, spread: own * Math.sqrt(variance) };
}

/** One column for each segment, the total last. Pure; a test holds the text. */
export function distinctQuery({ sql, parameters }: BoundQuery, column: string, segments: readonly (readonly DimensionValue[])[], dialect: Source["dialect"]): BoundQuery {
  const name = (text: string) => (dialect === "mysql" ? `\`${text.replaceAll("`", "``")}\`` : `"${text.replaceAll('"', '""')}"`);
  // A backslash is one in MySQL and Redshift only when doubled; elsewhere it stands for itself.
  const literal = (text: string) => `'${(dialect === "mysql" || dialect === "redshift" ? text.replaceAll("\\", "\\\\") : text).replaceAll("'", "''")}'`;
  const counted = segments.map((segment, k) => {
    const where = segment.map(({ name: dimension, value }) => (value === null ? `${name(dimension)} is null` : `${name(dimension)} = ${literal(value)}`));
    return `count(distinct ${where.length === 0 ? name(column) : `case when ${where.join(" and ")} then ${name(column)} end`}) as cause_${k + 1}`;
  });
  return { sql: `select ${[...counted, `count(distinct ${name(column)}) as total`].join(",\n  ")}\nfrom (\n${sql.trimEnd()}\n) as evidence`, parameters };
}

async function onlyRow(source: Source, query: BoundQuery, options: { timeoutMs: number; signal?: AbortSignal }): Promise<number[]> {
  for await (const { rows } of source.read(query, { rowsPerBatch: 1, ...options })) {
    const [row] = rows;
    if (row !== undefined) return row.map((cell: Cell) => Number(cell));
  }
  throw new SourceError("a count gave no row", { code: "QUERY", transient: false });
}
