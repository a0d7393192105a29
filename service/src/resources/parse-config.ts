/**
 * Configuration files → one DetectorConfig. Two formats: the original connector's `params.json` (with historical.sql
 * and continuous.sql beside it) and our `foretop.yaml`. After this the inside trusts what it gets; connector and
 * channel settings are checked by check-settings.ts, columns by plan.ts, both with the places remembered here.
 */
import { basename } from "node:path";
import { UserError } from "../telemetry/errors.ts";
import { ConfigError, refuseProblems, type ConfigProblem } from "./config-problem.ts";
import type { DetectorConfig } from "./detector.ts";
import { literalSecrets } from "./literal-secrets.ts";
import type { LocatedDocument, PathStep } from "./located-document.ts";
import { parseForetopFile } from "./parse-foretop-file.ts";
import { parseJson } from "./parse-json.ts";
import { parseParamsFile } from "./parse-params-file.ts";
import { parseYaml } from "./parse-yaml.ts";
import { readFileFromDisk, type ReadFile } from "./read-file.ts";

export interface ParsedConfig {
  readonly config: DetectorConfig;
  readonly format: "params.json" | "foretop.yaml";
  /** understood but without meaning here: nothing to do */
  readonly notes: readonly ConfigProblem[];
  /** worth a look: unknown fields, what can't be done here */
  readonly warnings: readonly ConfigProblem[];
  /** `file:line:column` of a path of DetectorConfig, e.g. ["measures", 0, "column"] */
  readonly locate: Locate;
}

export type Locate = (path: readonly PathStep[]) => string;

/** What a format's own parser gives back. */
export type FormatParser = (document: LocatedDocument, read: ReadFile) => Omit<ParsedConfig, "format">;

/**
 * @param readFile  by default from disk; relative names in the file are resolved against its folder
 * @param options.strict  warnings of the file (unknown fields of a params.json) are errors
 * @throws UserError, ConfigError with every problem and its place
 */
export function parseConfigFile(entryPath: string, readFile: ReadFile = readFileFromDisk, { strict = false }: { strict?: boolean } = {}): ParsedConfig {
  const text = readFile(entryPath);
  if (text === null) {
    throw new UserError(`there is no file ${entryPath}`, { code: "NOT_FOUND", where: entryPath, advice: "Give the path of a params.json or a foretop.yaml." });
  }
  const isJson = /\.json$/i.test(entryPath);
  if (!isJson && !/\.ya?ml$/i.test(entryPath)) {
    throw new UserError(`${basename(entryPath)} is neither .json nor .yaml`, { code: "INVALID", where: entryPath, advice: "The original connector's format is params.json, Foretop's own is foretop.yaml." });
  }
  const document = isJson ? parseJson(text, entryPath) : parseYaml(text, entryPath);
  if (typeof document.value !== "object" || document.value === null || Array.isArray(document.value)) {
    throw new UserError("the file should hold an object of fields", { code: "INVALID", where: document.locate([]), advice: isJson ? '{ "detector_name": "orders", … }' : "name: orders" });
  }
  refuseProblems(literalSecrets(document)); // before anything of the file is quoted in another message

  const parsed = isJson ? parseParamsFile(document, readFile) : parseForetopFile(document, readFile);
  if (strict && parsed.warnings.length > 0) throw new ConfigError(parsed.warnings);
  return { ...parsed, format: isJson ? "params.json" : "foretop.yaml" };
}
