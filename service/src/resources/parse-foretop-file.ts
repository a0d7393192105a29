/** foretop.yaml → DetectorConfig: short forms written out, defaults filled in. */
import type { Frequency } from "@foretop/engine";
import { problemsOfIssues, refuseProblems } from "./config-problem.ts";
import { foretopSchema, type ForetopFile } from "./config-schema.ts";
import { consistencyProblems } from "./consistency.ts";
import { DEFAULT_HORIZON, isCounted, type DetectorConfig, type MeasureConfig, type QueryConfig, type RelationConfig } from "./detector.ts";
import type { LocatedDocument, PathStep } from "./located-document.ts";
import type { FormatParser } from "./parse-config.ts";
import type { HealthSettings } from "./health-settings.ts";
import type { Retention } from "./retention.ts";
import { readSql } from "./read-sql.ts";
import type { ReadFile } from "./read-file.ts";

export const parseForetopFile: FormatParser = (document, readFile) => {
  const checked = foretopSchema.safeParse(document.value);
  if (!checked.success) refuseProblems(problemsOfIssues(checked.error, foretopSchema, document));
  const file = checked.data!; // success: refuseProblems throws otherwise

  const { kind, ...settings } = file.source;
  if (file.query === undefined && !KINDS_WITHOUT_QUERY.has(kind)) {
    refuseProblems([{ message: "query is missing", where: document.locate([]), advice: "It should be one SELECT with :start and :end, as text or as {file}." }]);
  }
  const frequency = file.frequency as Frequency; // one of FREQUENCIES, checked by the schema
  const config: DetectorConfig = {
    name: file.name,
    description: file.description || null,
    frequency,
    zone: file.zone,
    offsetSeconds: file.offsetSeconds,
    source: { kind, settings },
    query: queryOf(file.query, document, readFile),
    timestamp: typeof file.timestamp === "string" ? { column: file.timestamp, format: null } : { column: file.timestamp.column, format: file.timestamp.format ?? null },
    measures: file.measures.map((measure) => measureOf(measure, file.measureDefaults)),
    dimensions: file.dimensions,
    levels: file.levels,
    history: file.history,
    completeness: file.completeness,
    horizonIntervals: file.horizonIntervals ?? DEFAULT_HORIZON[frequency],
    ...(file.aggregateInDatabase === false && { aggregateInDatabase: false }),
    ...(file.health !== undefined && { health: file.health as Partial<HealthSettings> }), // as below
    ...(file.retention !== undefined && { retention: file.retention as Partial<Retention> }), // absent fields are undefined in zod's type only
    // Absent where there are none, so that a configuration of before stays the same to the bit.
    ...(file.relations.length > 0 && { relations: file.relations.map(relationOf) }),
    ...(file.links.length > 0 && { links: file.links }),
    alerts: file.alerts.map(({ channel: { kind: channelKind, ...channelSettings }, ...alert }) => ({
      ...alert,
      description: alert.description || null,
      channel: { kind: channelKind, settings: channelSettings },
    })),
    limits: file.limits,
  };
  const locate = (path: readonly PathStep[]) => document.locate(placeOf(path));
  refuseProblems(consistencyProblems(config, locate));
  return { config, notes: [], warnings: [], locate };
};

/** Sources of files know no SQL. */
const KINDS_WITHOUT_QUERY: ReadonlySet<string> = new Set(["s3"]);

function measureOf(measure: ForetopFile["measures"][number], defaults: ForetopFile["measureDefaults"]): MeasureConfig {
  const given: Exclude<typeof measure, string> = typeof measure === "string" ? { name: measure } : measure;
  const aggregation = given.denominator === undefined ? (given.aggregation ?? "SUM") : "AVG";
  const isZero = aggregation === "SUM" || isCounted(aggregation);
  return {
    name: given.name,
    column: given.numerator ?? given.column ?? given.name,
    aggregation,
    ...(given.denominator !== undefined && { denominator: given.denominator }),
    whenAbsent: given.whenAbsent ?? (isZero ? "zero" : "missing"),
    severityMin: given.severityMin ?? defaults.severityMin,
    direction: given.direction ?? defaults.direction,
    effectMin: given.effectMin ?? defaults.effectMin,
    effectShareMin: given.effectShareMin ?? defaults.effectShareMin,
    volumeMin: given.volumeMin ?? defaults.volumeMin,
  };
}

function relationOf({ measure, product, over, sum, less }: ForetopFile["relations"][number]): RelationConfig {
  const parts = (names: readonly string[] | undefined, isInverse: boolean) => (names ?? []).map((name) => ({ measure: name, isInverse }));
  return { measure, kind: product === undefined ? "sum" : "product", parts: [...parts(product ?? sum, false), ...parts(over ?? less, true)] };
}

function queryOf(query: ForetopFile["query"], document: LocatedDocument, readFile: ReadFile): QueryConfig {
  if (query === undefined) return { kind: "files" };
  const read = readSql(document.file, readFile);
  const textOf = (part: string | { file: string }, path: PathStep[]) => (typeof part === "string" ? { sql: part, file: null } : read.required([part.file], document.locate([...path, "file"])));

  if (typeof query === "string" || "file" in query) return { kind: "bound", ...textOf(query, ["query"]) };
  const historical = textOf(query.historical, ["query", "historical"]);
  const continuous = query.continuous === undefined ? null : textOf(query.continuous, ["query", "continuous"]);
  return { kind: "pinned", historicalSql: historical.sql, historicalFile: historical.file, continuousSql: continuous?.sql ?? null, continuousFile: continuous?.file ?? null };
}

/** Where a path of DetectorConfig stands in foretop.yaml. */
function placeOf(path: readonly PathStep[]): readonly PathStep[] {
  if (path[0] === "source" && path[1] === "settings") return ["source", ...path.slice(2)];
  if (path[0] === "alerts" && path[2] === "channel" && path[3] === "settings") return [...path.slice(0, 3), ...path.slice(4)];
  if (path[0] === "query" && path[1] === "historicalSql") return ["query", "historical"];
  if (path[0] === "query" && path[1] === "continuousSql") return ["query", "continuous"];
  if (path[0] === "query") return ["query"];
  return path;
}
