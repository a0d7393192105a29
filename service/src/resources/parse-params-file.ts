/** The original connector's params.json: what each field means here, what has no meaning any more, what can't be done. */
import { DEFAULT_MEASURE_SETTINGS, type Frequency } from "@foretop/engine";
import { problemsOfIssues, refuseProblems, unknownFieldAdvice, unknownFields, type ConfigProblem } from "./config-problem.ts";
import { HISTORY_INTERVALS_DEFAULT, NAME_LENGTH_MAX, NAME_PATTERN } from "./config-schema.ts";
import { consistencyProblems } from "./consistency.ts";
import { DEFAULT_HORIZON, DEFAULT_LIMITS, type AlertConfig, type DetectorConfig, type QueryConfig } from "./detector.ts";
import { pathText, type LocatedDocument, type PathStep } from "./located-document.ts";
import { paramsSchema, type ParamsFile } from "./params-schema.ts";
import type { FormatParser } from "./parse-config.ts";
import { paramsSource, readsFiles, type ParamsSource } from "./params-source.ts";
import { readSql, type ReadSql } from "./read-sql.ts";
import type { ReadFile } from "./read-file.ts";

/** Where the original kept its query.sql, by crawler; its whole folder can be used as it is. */
const ORIGINAL_LAYOUT = (databaseType: string, crawler: "historical" | "continuous") => `lambdas/${databaseType}/${databaseType}-${crawler}-crawl/query.sql`;

export const parseParamsFile: FormatParser = (document, readFile) => {
  const unknown = unknownFields(document.value, paramsSchema);
  const unused: ConfigProblem[] = unknown.map(({ path, known }) => ({
    message: `unknown field "${pathText(path)}", not used`,
    where: document.locate(path, { key: true }),
    advice: unknownFieldAdvice(String(path.at(-1)), known),
  }));
  const checked = paramsSchema.safeParse(withSecret(without(document.value, unknown.map(({ path }) => path))));
  // A required field that is missing may well be the one that is misspelt: both are named.
  if (!checked.success) refuseProblems([...problemsOfIssues(checked.error, paramsSchema, document), ...unused]);
  const params = checked.data!; // success: refuseProblems throws otherwise

  const name = `${params.detector_name}-${params.database_type}`;
  const problems: ConfigProblem[] = [];
  if (!NAME_PATTERN.test(name) || name.length > NAME_LENGTH_MAX) {
    problems.push({ message: `the detector's name would be "${name}"`, where: document.locate(["detector_name"]), advice: `Letters, digits, - and _, at most ${NAME_LENGTH_MAX} with the suffix -${params.database_type}.` });
  }
  const reached = paramsSource(params, document, readFile, problems);
  const query = readsFiles(params.database_type) ? ({ kind: "files" } as const) : queryOf(params, document, readFile, problems);
  refuseProblems(problems);

  const config: DetectorConfig = {
    name,
    description: params.detector_description || null,
    frequency: params.detector_frequency as Frequency, // one of FREQUENCIES, checked by the schema
    zone: params.timezone,
    offsetSeconds: params.offset,
    source: reached!.source,
    query: query!,
    timestamp: { column: params.timestamp_column.ColumnName, format: params.timestamp_column.ColumnFormat || null },
    measures: params.metrics_set.map(({ MetricName, AggregationFunction }) => ({
      name: MetricName,
      column: MetricName,
      aggregation: AggregationFunction,
      whenAbsent: AggregationFunction === "SUM" || AggregationFunction === "COUNT" ? "zero" : "missing",
      ...DEFAULT_MEASURE_SETTINGS,
    })),
    dimensions: params.dimension_list,
    levels: "all",
    history: { intervalsMax: HISTORY_INTERVALS_DEFAULT },
    completeness: { rowShareMin: 0.5, waitIntervalsMax: 2 },
    horizonIntervals: DEFAULT_HORIZON[params.detector_frequency as Frequency],
    alerts: alertsOf(params),
    limits: DEFAULT_LIMITS,
  };
  const locate = (path: readonly PathStep[]) => document.locate(placeOf(path));
  refuseProblems(consistencyProblems(config, locate));

  return { config, notes: notesOf(params, name, config.query, document, reached!.used), warnings: [...unused, ...impossibleOf(params, document)], locate };
};

/** Files of S3 need no secret; all else does, and is told when it is missing. */
function withSecret(value: unknown): unknown {
  const isFiles = typeof value === "object" && value !== null && readsFiles((value as { database_type?: unknown }).database_type);
  return isFiles ? { secret_name: "none", ...value } : value;
}

/** A copy of JSON-like data without the fields at these paths. */
function without(value: unknown, paths: readonly (readonly PathStep[])[]): unknown {
  if (paths.length === 0) return value;
  const copy = structuredClone(value);
  for (const path of paths) {
    let parent = copy as Record<PathStep, unknown>;
    for (const step of path.slice(0, -1)) parent = parent[step] as Record<PathStep, unknown>; // the paths were found by walking this value
    delete parent[path.at(-1)!];
  }
  return copy;
}

function queryOf(params: ParamsFile, document: LocatedDocument, readFile: ReadFile, problems: ConfigProblem[]): QueryConfig | null {
  const read: ReadSql = readSql(document.file, readFile);
  const type = params.database_type.toLowerCase();
  try {
    if (params.query_file !== undefined) {
      for (const field of ["historical_query_file", "continuous_query_file"] as const) {
        if (params[field] !== undefined) problems.push({ message: `query_file and ${field} are both given`, where: document.locate([field], { key: true }), advice: "One query with :start and :end, or the original pair: remove one." });
      }
      const bound = read.required([params.query_file], document.locate(["query_file"]));
      return { kind: "bound", sql: bound.sql, file: bound.file };
    }
    const historical = read.required(
      params.historical_query_file === undefined ? ["historical.sql", ORIGINAL_LAYOUT(type, "historical")] : [params.historical_query_file],
      document.locate(params.historical_query_file === undefined ? [] : ["historical_query_file"]),
    );
    const continuous =
      params.continuous_query_file === undefined
        ? read.optional(["continuous.sql", ORIGINAL_LAYOUT(type, "continuous")])
        : read.required([params.continuous_query_file], document.locate(["continuous_query_file"]));
    return { kind: "pinned", historicalSql: historical.sql, historicalFile: historical.file, continuousSql: continuous?.sql ?? null, continuousFile: continuous?.file ?? null };
  } catch (error) {
    problems.push(...read.problemsOf(error));
    return null;
  }
}

/** The sample's alert "exports anomalies": that is what it does now, without a Lambda. */
function alertsOf(params: ParamsFile): AlertConfig[] {
  if (params.alert_name === undefined || params.alert_name === "") return [];
  return [
    {
      name: params.alert_name,
      description: params.alert_description || null,
      severityMin: params.alert_threshold ?? DEFAULT_MEASURE_SETTINGS.severityMin,
      measures: [],
      dimensionFilters: [],
      channel: { kind: "export", settings: {} },
    },
  ];
}

function impossibleOf(params: ParamsFile, document: LocatedDocument): ConfigProblem[] {
  const warnings: ConfigProblem[] = [];
  const hasAlert = params.alert_name !== undefined && params.alert_name !== "";
  if (params.alert_lambda_arn !== undefined && params.alert_lambda_arn !== "") {
    warnings.push({
      message: "alert_lambda_arn: a Lambda function can't be invoked from here",
      where: document.locate(["alert_lambda_arn"]),
      advice: "The alert writes CSV files instead; to call something of yours, use foretop.yaml with the channel webhook.",
    });
  }
  for (const field of ["alert_threshold", "alert_description"] as const) {
    if (!hasAlert && params[field] !== undefined) warnings.push({ message: `${field} has no effect without alert_name`, where: document.locate([field], { key: true }), advice: "Give the alert a name, or remove the field." });
  }
  return warnings;
}

function notesOf(params: ParamsFile, name: string, query: QueryConfig, document: LocatedDocument, used: ParamsSource["used"]): ConfigProblem[] {
  const notes: ConfigProblem[] = [
    { message: `the detector is called "${name}": detector_name and database_type together, as in the original`, where: document.locate(["detector_name"]), advice: null },
  ];
  const source = params.metric_source?.S3SourceConfig;
  const throughS3 = used.size > 0 ? "source.yaml says what goes through S3, and in which form" : "rows are read from the database, no files travel through S3";
  const unused = (field: PathStep[], why: string) => notes.push({ message: `${pathText(field)} has no meaning here: ${why}`, where: document.locate(field, { key: true }), advice: null });
  for (const field of ["FileFormatDescriptor", "HistoricalDataPathList", "RoleArn", "TemplatedPathList"] as const) {
    if (source?.[field] !== undefined && !used.has(field)) {
      unused(["metric_source", "S3SourceConfig", field], field === "RoleArn" ? (readsFiles(params.database_type) ? "the files are read as whom Foretop runs (source.assumeRole in foretop.yaml takes on a role)" : "the database is read with the secret's user") : throughS3);
    }
  }
  if (params.s3_bucket !== undefined) unused(["s3_bucket"], throughS3);
  if (params.s3_path_continuous_root !== undefined && !used.has("s3_path_continuous_root")) unused(["s3_path_continuous_root"], throughS3);
  for (const [i, measure] of params.metrics_set.entries()) {
    if (measure.Namespace !== undefined) unused(["metrics_set", i, "Namespace"], "it belongs to CloudWatch sources");
  }
  if (params.alert_name === "") unused(["alert_name"], "it is empty, so there is no alert");
  else if (params.alert_name !== undefined) notes.push({ message: `the alert "${params.alert_name}" writes the groups that it tells to CSV files (channel export)`, where: document.locate(["alert_name"]), advice: null });
  if (params.alert_lambda_arn === "") unused(["alert_lambda_arn"], "it is empty");
  if (params.timestamp_column.ColumnFormat !== undefined) {
    notes.push({ message: "timestamp_column.ColumnFormat is used only where the column is text; a typed column is read as it is, fractions and zone included", where: document.locate(["timestamp_column", "ColumnFormat"]), advice: null });
  }
  if (query.kind === "pinned" && query.continuousSql === null) {
    notes.push({ message: "there is no continuous.sql: the historical query serves live intervals too, as it would with one", where: document.locate([]), advice: null });
  }
  return notes;
}

/** Where a path of DetectorConfig stands in params.json. */
function placeOf(path: readonly PathStep[]): PathStep[] {
  const [first, second, third] = path;
  switch (first) {
    case "name":
      return ["detector_name"];
    case "description":
      return ["detector_description"];
    case "frequency":
      return ["detector_frequency"];
    case "zone":
      return ["timezone"];
    case "offsetSeconds":
      return ["offset"];
    case "source":
      return second === "kind" ? ["database_type"] : ["secret_name"];
    case "query":
      return second === "continuousSql" ? ["continuous_query_file"] : second === "sql" ? ["query_file"] : ["historical_query_file"];
    case "timestamp":
      return second === undefined ? ["timestamp_column"] : ["timestamp_column", second === "format" ? "ColumnFormat" : "ColumnName"];
    case "dimensions":
      return ["dimension_list", ...path.slice(1)];
    case "measures":
      return second === undefined ? ["metrics_set"] : ["metrics_set", second, ...(third === "aggregation" ? ["AggregationFunction"] : third === undefined ? [] : ["MetricName"])];
    case "alerts":
      return third === "severityMin" ? ["alert_threshold"] : ["alert_name"];
    default:
      return [];
  }
}
