/**
 * Bugs on purpose, so that it can be seen that each checker finds what it is there for. They live here, between the
 * product and the real store and source, never in the product.
 */
import type { Interval } from "../../src/crawl/batch.ts";
import type { CorrectionCommit, Delivery, IntervalCommit } from "../../src/store/store.ts";
import { injected } from "./injected.ts";
import type { SourceRow, SourceTable } from "./source-table.ts";

export const PLANTS = [
  "an interval is skipped",
  "a checkpoint says that it ends later",
  "a second reading shows what the first one did",
  "a group loses its evidence",
  "a revision loses its reason",
  "a delivery is handed out although its commit failed",
  "a correction is dated back",
  "an attempt is closed twice",
  "a revision is overwritten",
  "a delivery counts as sent that never was",
] as const;
export type Plant = (typeof PLANTS)[number];

type Method = (...parameters: unknown[]) => Promise<unknown>;

export class Plants {
  readonly #plant: Plant | null;
  readonly #table: SourceTable;
  readonly #sql: (text: string, parameters?: unknown[]) => Promise<unknown>;
  readonly #early: Delivery[] = [];
  readonly #firstReadings: (Interval & { readonly atMs: number })[] = [];
  /** called with what a commit was given, once it went through */
  onCommit: (label: string, commit: unknown) => void = () => {};

  constructor(plant: Plant | null, table: SourceTable, sql: (text: string, parameters?: unknown[]) => Promise<unknown>) {
    this.#plant = plant;
    this.#table = table;
    this.#sql = sql;
  }

  rows(range: Interval, nowMs: number): SourceRow[] {
    if (this.#plant !== "a second reading shows what the first one did") return this.#table.visible(range, nowMs);
    const before = this.#firstReadings.filter(({ startMs, endMs }) => startMs >= range.startMs && endMs <= range.endMs);
    if (before.length > 0) return before.flatMap(({ atMs, ...interval }) => this.#table.visible(interval, atMs));
    this.#firstReadings.push({ ...range, atMs: nowMs });
    return this.#table.visible(range, nowMs);
  }

  async run(label: string, method: Method, parameters: unknown[]): Promise<unknown> {
    const result = await this.#planted(label, method, parameters);
    if (label.startsWith("commit")) this.onCommit(label, parameters[0]);
    return result;
  }

  async #planted(label: string, method: Method, parameters: unknown[]): Promise<unknown> {
    switch (this.#plant) {
      case "an interval is skipped": {
        const result = await method(...parameters);
        const { detectorId, record } = parameters[0] as IntervalCommit;
        if (label === "commitInterval") await this.#sql("update foretop.detectors set head_ms = head_ms + $2 where id = $1", [detectorId, record.interval.endMs - record.interval.startMs]);
        return result;
      }
      case "a checkpoint says that it ends later": {
        const result = await method(...parameters);
        if (label === "commitCorrection") {
          const { expectedHeadMs, intervals } = parameters[0] as CorrectionCommit;
          const { startMs, endMs } = intervals[0]!.record.interval;
          await this.#sql("update foretop.segments set end_ms = end_ms + $2 where kind = 'checkpoint' and not is_history and end_ms = $1", [expectedHeadMs, endMs - startMs]);
        }
        return result;
      }
      case "a group loses its evidence":
        return method(...withGroups(label, parameters, (group) => ({ ...group, evidence: { ...group.evidence, attemptId: "", statement: "" } })));
      case "a revision loses its reason":
        return method(...withGroups(label, parameters, (group) => ({ ...group, reason: null })));
      case "a correction is dated back": {
        const result = await method(...parameters);
        if (label === "commitCorrection") await this.#sql("update foretop.intervals i set known_at_ms = (select known_at_ms from foretop.intervals f where f.start_ms = i.start_ms and f.version = 1) where version > 1");
        return result;
      }
      case "an attempt is closed twice": {
        const result = await method(...parameters);
        if (label === "ledger.close") await this.#sql("update foretop.attempts set rows = rows + 1 where id <> $1 and outcome = 'succeeded' and purpose = 'live'", [parameters[0]]);
        return result;
      }
      case "a revision is overwritten": {
        const result = await method(...parameters);
        if (label.startsWith("commit")) await this.#sql("update foretop.group_revisions set body = replace(body::text, '\"severity\"', ' \"severity\"')::json where revision = 1");
        return result;
      }
      case "a delivery counts as sent that never was": {
        const result = await method(...parameters);
        if (label !== "deliveries.claimDue") return result;
        await this.#sql("update foretop.deliveries set status = 'sent', sent_ms = 0 where key = any($1)", [(result as Delivery[]).map(({ key }) => key)]);
        return [];
      }
      case "a delivery is handed out although its commit failed": {
        if (label === "deliveries.claimDue" && this.#early.length > 0) return this.#early.splice(0);
        if (label !== "commitInterval" || this.#early.length > 0) return method(...parameters);
        this.#early.push(...(parameters[0] as IntervalCommit).deliveries);
        if (this.#early.length === 0) return method(...parameters);
        throw injected("planted: the commit fails");
      }
      default:
        return method(...parameters);
    }
  }
}

type Groups = IntervalCommit["groups"][number];

function withGroups(label: string, parameters: unknown[], change: (group: Groups) => Groups): unknown[] {
  if (label !== "commitInterval" && label !== "commitCorrection") return parameters;
  const commit = parameters[0] as IntervalCommit | CorrectionCommit;
  return [{ ...commit, groups: commit.groups.map(change) }];
}
