/**
 * What differs between two configurations of a detector, and what follows: what a series *is* or what its values mean
 * can't change under a model that has learned it, so such a change starts a new generation that learns the history
 * again. Thresholds, alerts and limits act from the next interval on.
 */
import { canonicalJson, comparable } from "./config-hash.ts";
import type { DetectorConfig, MeasureConfig } from "./detector.ts";

export interface ConfigChange {
  /** path in DetectorConfig, e.g. `measures.revenue.severityMin` */
  readonly field: string;
  /** as text for people; null = not there */
  readonly from: string | null;
  readonly to: string | null;
  readonly relearns: boolean;
  /** what follows from it */
  readonly consequence: string;
}

/** Fields that say what a series is or what its values mean. */
const RELEARNED = new Set(["frequency", "zone", "query", "timestamp", "dimensions", "levels", "source.kind"]);
const RELEARNED_OF_MEASURE = new Set(["column", "aggregation", "denominator", "whenAbsent"]);

const CONSEQUENCES: Readonly<Record<string, string>> = {
  offsetSeconds: "The next interval is read by the new offset.",
  history: "Used the next time the history is learned.",
  source: "The next query goes there; the same data is expected, nothing is relearned.",
  description: "Nothing else changes.",
};

/** In the order of the configuration; empty when the two are the same. */
export function configChanges(beforeConfig: DetectorConfig, afterConfig: DetectorConfig): ConfigChange[] {
  const before = comparable(beforeConfig);
  const after = comparable(afterConfig);
  const changes: ConfigChange[] = [];

  const add = (field: string, a: unknown, b: unknown, isRelearned: boolean, consequence?: string) => {
    if (canonicalJson(a ?? null) === canonicalJson(b ?? null)) return;
    changes.push({
      field,
      from: textOf(a),
      to: textOf(b),
      relearns: isRelearned,
      consequence: consequence ?? (isRelearned ? "History is read and learned again." : (CONSEQUENCES[field.split(".")[0]!] ?? "Acts from the next interval on.")),
    });
  };

  for (const field of ["description", "frequency", "zone", "offsetSeconds"] as const) add(field, before[field], after[field], RELEARNED.has(field));
  add("source.kind", before.source.kind, after.source.kind, true);
  for (const key of keysOf(before.source.settings, after.source.settings)) add(`source.${key}`, before.source.settings[key], after.source.settings[key], false);
  add("query", queryText(before), queryText(after), true);
  add("timestamp", before.timestamp, after.timestamp, true);
  addMeasures(before.measures, after.measures, add);
  // A series is a *set* of dimension values: their order in the file means nothing.
  if (canonicalJson([...before.dimensions].sort()) !== canonicalJson([...after.dimensions].sort())) add("dimensions", before.dimensions, after.dimensions, true);
  else add("dimensions", before.dimensions, after.dimensions, false, "Only their order: shown in the new order.");
  add("levels", before.levels, after.levels, true);
  for (const group of ["history", "completeness", "limits"] as const) {
    const [a, b]: Readonly<Record<string, unknown>>[] = [{ ...before[group] }, { ...after[group] }];
    for (const key of keysOf(a!, b!)) add(`${group}.${key}`, a![key], b![key], false);
  }
  add("aggregateInDatabase", before.aggregateInDatabase ?? true, after.aggregateInDatabase ?? true, false);
  add("horizonIntervals", before.horizonIntervals, after.horizonIntervals, false);
  const [watched, watches]: Readonly<Record<string, unknown>>[] = [{ ...before.health }, { ...after.health }];
  for (const key of keysOf(watched!, watches!)) add(`health.${key}`, watched![key], watches![key], false, "Acts within a minute.");
  const [kept, keeps]: Readonly<Record<string, unknown>>[] = [{ ...before.retention }, { ...after.retention }];
  for (const key of keysOf(kept!, keeps!)) add(`retention.${key}`, kept![key], keeps![key], false, "What is older is removed within the hour.");
  add("relations", before.relations, after.relations, false, "Acts at once, on past groups too.");
  add("links", before.links, after.links, false, "Acts at once, on past groups too.");
  const alertNames = [...new Set([...before.alerts, ...after.alerts].map((alert) => alert.name))];
  for (const name of alertNames) {
    const [a, b] = [before, after].map(({ alerts }) => alerts.find((alert) => alert.name === name));
    add(`alerts.${name}`, a, b, false, b === undefined ? "No longer told." : a === undefined ? "Told from the next group on." : undefined);
  }
  return changes;
}

export function relearns(changes: readonly ConfigChange[]): boolean {
  return changes.some((change) => change.relearns);
}

type Add = (field: string, a: unknown, b: unknown, relearns: boolean, consequence?: string) => void;

function addMeasures(before: readonly MeasureConfig[], after: readonly MeasureConfig[], add: Add): void {
  const names = [...new Set([...before, ...after].map((measure) => measure.name))];
  for (const name of names) {
    const [a, b] = [before, after].map((measures) => measures.find((measure) => measure.name === name));
    if (a === undefined || b === undefined) {
      add(`measures.${name}`, a, b, true, b === undefined ? "Its series and groups end; the rest is learned again." : undefined);
      continue;
    }
    const [aFields, bFields]: Readonly<Record<string, unknown>>[] = [{ ...a }, { ...b }];
    for (const key of keysOf(aFields!, bFields!)) add(`measures.${name}.${key}`, aFields![key], bFields![key], RELEARNED_OF_MEASURE.has(key));
  }
}

function queryText({ query }: DetectorConfig): string {
  if (query.kind === "files") return "";
  return query.kind === "bound" ? query.sql : query.continuousSql === null ? query.historicalSql : `${query.historicalSql}\n-- continuous\n${query.continuousSql}`;
}

function keysOf(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}

function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "string" ? value : canonicalJson(value);
}
