/**
 * How the database of a params.json is reached. The file itself stays as it was; a file `source.yaml` beside it – the same
 * fields as under `source:` in foretop.yaml – chooses another way, and takes what it leaves out from params.json:
 *
 *   kind: redshift          the Data API with the secret of secret_name in AWS Secrets Manager
 *   unload: {}              … by UNLOAD to S3, with the original's role, beside its live folder
 *   publish: {}             … and the original's folders in S3 filled as before
 *
 * Without it: PostgreSQL's protocol, with secret_name in the folder of secrets, or by its ARN in AWS Secrets Manager.
 */
import { dirname, join } from "node:path";
import type { ConfigProblem } from "./config-problem.ts";
import type { SourceConfig } from "./detector.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { LocatedDocument } from "./located-document.ts";
import { literalSecrets } from "./literal-secrets.ts";
import type { ParamsFile } from "./params-schema.ts";
import { parseYaml } from "./parse-yaml.ts";
import type { ReadFile } from "./read-file.ts";
import { s3SettingsOf } from "./s3-source-config.ts";

export const SOURCE_FILE = "source.yaml";

const CONNECTOR_OF: Readonly<Record<string, string>> = { redshift: "postgres", postgres: "postgres", postgresql: "postgres" };

export interface ParamsSource {
  readonly source: SourceConfig;
  /** fields of params.json that this way of reaching the database uses */
  readonly used: ReadonlySet<"FileFormatDescriptor" | "HistoricalDataPathList" | "RoleArn" | "TemplatedPathList" | "s3_path_continuous_root">;
}

/** Null when a problem was found. */
export function paramsSource(params: ParamsFile, document: LocatedDocument, readFile: ReadFile, problems: ConfigProblem[]): ParamsSource | null {
  if (readsFiles(params.database_type)) return filesSource(params, document, problems);
  const kind = CONNECTOR_OF[params.database_type.toLowerCase()];
  if (kind === undefined) {
    const known = Object.keys(CONNECTOR_OF);
    const meant = didYouMean(params.database_type, known);
    problems.push({ message: `database_type "${params.database_type}" is not supported`, where: document.locate(["database_type"]), advice: `${meant === null ? "" : `Did you mean "${meant}"? `}It is one of ${known.join(", ")}.` });
    return null;
  }
  const given = readSource(document, readFile, problems);
  if (given === null) return null;
  const secret = params.secret_name.replace(/^secret:/, "");
  if (given.kind !== "redshift") {
    const reference = /^arn:/i.test(secret) ? secret : `secret:${secret}`;
    return { source: { kind: given.kind ?? kind, settings: { secret: reference, ...given.settings } }, used: new Set() };
  }
  return redshiftSource(given.settings, params, secret);
}

/** The files themselves, as Lookout read them: such a params.json has no query and no secret. */
export function readsFiles(databaseType: unknown): boolean {
  return typeof databaseType === "string" && databaseType.toLowerCase() === "s3";
}

function filesSource(params: ParamsFile, document: LocatedDocument, problems: ConfigProblem[]): ParamsSource | null {
  const settings = s3SettingsOf(params.metric_source?.S3SourceConfig ?? {});
  if (settings["path"] !== undefined) return { source: { kind: "s3", settings }, used: new Set(["FileFormatDescriptor", "HistoricalDataPathList", "TemplatedPathList"]) };
  problems.push({ message: "metric_source.S3SourceConfig.TemplatedPathList is missing", where: document.locate(["metric_source", "S3SourceConfig", "TemplatedPathList"]), advice: "It names an interval's folder, e.g. s3://bucket/live/{{yyyyMMdd}}/{{HHmm}}/." });
  return null;
}

type Settings = Readonly<Record<string, unknown>>;

function redshiftSource(settings: Settings, params: ParamsFile, secret: string): ParamsSource {
  const used = new Set<"HistoricalDataPathList" | "RoleArn" | "s3_path_continuous_root">();
  const original = params.metric_source?.S3SourceConfig;
  const [live, history, role] = [folderOf(params.s3_path_continuous_root), folderOf(original?.HistoricalDataPathList?.[0]), original?.RoleArn];
  const { unload, publish, ...rest } = settings;
  const completed: Record<string, unknown> = { ...(rest["secretArn"] === undefined && rest["dbUser"] === undefined && { secretArn: secret }), ...rest };
  if (isFields(unload)) {
    if (unload["iamRole"] === undefined && role !== undefined) used.add("RoleArn");
    if (unload["to"] === undefined && live !== undefined) used.add("s3_path_continuous_root");
    // Beside the live folder: whoever reads that one must not meet files that are still being written.
    completed["unload"] = { ...(live !== undefined && { to: `${live.replace(/[^/]+\/$/, "")}unloaded/` }), ...(role !== undefined && { iamRole: role }), ...unload };
  } else if (unload !== undefined) completed["unload"] = unload;
  if (isFields(publish)) {
    if (publish["live"] === undefined && live !== undefined) used.add("s3_path_continuous_root");
    if (publish["history"] === undefined && history !== undefined) used.add("HistoricalDataPathList");
    completed["publish"] = { ...(live !== undefined && { live }), ...(history !== undefined && { history }), ...publish };
  } else if (publish !== undefined) completed["publish"] = publish;
  return { source: { kind: "redshift", settings: completed }, used };
}

function readSource(document: LocatedDocument, readFile: ReadFile, problems: ConfigProblem[]): { kind: string | null; settings: Settings } | null {
  const path = join(dirname(document.file), SOURCE_FILE);
  const text = readFile(path);
  if (text === null) return { kind: null, settings: {} };
  const source = parseYaml(text, path);
  const { value } = source;
  if (!isFields(value) || typeof value["kind"] !== "string" || value["kind"] === "") {
    problems.push({ message: `${SOURCE_FILE} has no kind`, where: source.locate([]), advice: "It has the fields of `source:` in foretop.yaml, e.g. kind: redshift." });
    return null;
  }
  const literals = literalSecrets(source);
  problems.push(...literals);
  const { kind: _, ...settings } = value;
  return literals.length > 0 ? null : { kind: value["kind"], settings };
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The original's paths come with and without a slash at their end, and empty. */
function folderOf(path: string | undefined): string | undefined {
  if (path === undefined || !path.startsWith("s3://")) return undefined;
  return path.endsWith("/") ? path : `${path}/`;
}
