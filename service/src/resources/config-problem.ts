/** What is wrong with a configuration file: all of it at once, each with its place and what would be right. */
import { z } from "zod";
import { UserError } from "../telemetry/errors.ts";
import { didYouMean } from "./did-you-mean.ts";
import { pathText, type LocatedDocument, type PathStep } from "./located-document.ts";

export interface ConfigProblem {
  readonly message: string;
  /** file:line:column */
  readonly where: string | null;
  readonly advice: string | null;
}

export const PROBLEMS_SHOWN_MAX = 20;

/** One UserError for all problems of a file; `where` and `advice` are the first one's. */
export class ConfigError extends UserError {
  override readonly name = "ConfigError";
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    const [first] = problems;
    const lines = problems.slice(0, PROBLEMS_SHOWN_MAX).map(({ message, where, advice }) => `${where ?? ""}: ${message}${advice === null ? "" : ` – ${advice}`}`);
    if (problems.length > PROBLEMS_SHOWN_MAX) lines.push(`and ${problems.length - PROBLEMS_SHOWN_MAX} more`);
    super(problems.length === 1 ? first!.message : `${problems.length} problems:\n  ${lines.join("\n  ")}`, {
      code: "INVALID",
      where: first!.where,
      advice: problems.length === 1 ? first!.advice : null,
    });
    this.problems = problems;
  }
}

/** Throws when there are any. */
export function refuseProblems(problems: readonly ConfigProblem[]): void {
  if (problems.length > 0) throw new ConfigError(problems);
}

/** What was checked: a whole file, or a part of one (`name` says what people call it, e.g. `source`). */
export interface CheckedPart extends Pick<LocatedDocument, "value" | "locate"> {
  readonly name?: string;
}

/** The issues of a failed zod check as problems of the file. */
export function problemsOfIssues(error: z.ZodError, schema: z.ZodType, part: CheckedPart): ConfigProblem[] {
  const known = jsonSchemaOf(schema);
  return error.issues.flatMap((issue) => problemsOfIssue(issue, [], known, part));
}

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema; // JsonSchema names the part of it that is used here
}

/** Fields of `value` that the schema doesn't know, each with the ones it knows there. */
export function unknownFields(value: unknown, schema: z.ZodType): { path: PathStep[]; known: string[] }[] {
  const found: { path: PathStep[]; known: string[] }[] = [];
  visit(value, jsonSchemaOf(schema), []);
  return found;

  function visit(part: unknown, known: JsonSchema, path: PathStep[]): void {
    if (Array.isArray(part)) {
      if (known.items !== undefined) for (const [i, item] of part.entries()) visit(item, known.items, [...path, i]);
    } else if (typeof part === "object" && part !== null) {
      const declared = objectSchemaOf(known);
      if (declared?.properties === undefined) return;
      for (const [key, member] of Object.entries(part)) {
        // hasOwn: a field named "constructor" is not known because every object inherits one.
        if (Object.hasOwn(declared.properties, key)) visit(member, declared.properties[key]!, [...path, key]);
        else if (declared.additionalProperties === false) found.push({ path: [...path, key], known: Object.keys(declared.properties) });
      }
    }
  }
}

export function unknownFieldAdvice(field: string, known: readonly string[]): string {
  const meant = didYouMean(field, known);
  return meant === null ? `Known here: ${known.join(", ")}.` : `Did you mean "${meant}"?`;
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly additionalProperties?: boolean | object;
}

function objectSchemaOf(known: JsonSchema): JsonSchema | undefined {
  if (known.properties !== undefined) return known;
  for (const branch of known.anyOf ?? []) {
    const found = objectSchemaOf(branch);
    if (found !== undefined) return found;
  }
  return undefined;
}

function schemaAt(known: JsonSchema | undefined, path: readonly PathStep[]): JsonSchema | undefined {
  let at = known;
  for (const step of path) {
    if (at === undefined) return undefined;
    at = typeof step === "number" ? at.items : objectSchemaOf(at)?.properties?.[step];
  }
  return at;
}

function problemsOfIssue(issue: z.core.$ZodIssue, above: readonly PathStep[], known: JsonSchema, part: CheckedPart): ConfigProblem[] {
  const path = [...above, ...(issue.path as PathStep[])];
  const where = part.locate(path);
  const nameOf = (fieldPath: readonly PathStep[]) => pathText(part.name === undefined ? fieldPath : [part.name, ...fieldPath]);
  const field = nameOf(path) || "the file";
  const one = (message: string, advice: string | null = null): ConfigProblem[] => [{ message: `${field} ${message}`, where, advice }];

  switch (issue.code) {
    case "unrecognized_keys": {
      const names = Object.keys(objectSchemaOf(schemaAt(known, path) ?? {})?.properties ?? {});
      return issue.keys.map((key) => ({
        message: `unknown field "${nameOf([...path, key])}"`,
        where: part.locate([...path, key], { key: true }),
        advice: unknownFieldAdvice(key, names),
      }));
    }
    case "invalid_union": {
      // Of the forms a value may take, the one whose type it has is the one the user meant; of several, the nearest.
      const [meant] = issue.errors.filter((errors) => !errors.some((e) => e.path.length === 0 && e.code === "invalid_type")).sort((a, b) => distance(a) - distance(b));
      if (meant !== undefined) return meant.flatMap((e) => problemsOfIssue(e, path, known, part));
      const types = issue.errors.flatMap((errors) => errors.flatMap((e) => (e.path.length === 0 && e.code === "invalid_type" ? [typeName(e.expected)] : [])));
      return one(`should be ${[...new Set(types)].join(" or ")}`);
    }
    case "invalid_type": {
      const value = valueAt(part.value, path);
      if (value === undefined) return one("is missing", `It should be ${typeName(issue.expected)}.`);
      return one(`should be ${typeName(issue.expected)}, not ${shownType(value)}`, issue.expected === "string" ? "Put it in quotes." : null);
    }
    case "invalid_value": {
      const value = valueAt(part.value, path);
      if (value === undefined) return one("is missing", `It is one of ${issue.values.join(", ")}.`);
      const values = issue.values.map(String);
      const meant = typeof value === "string" ? (frequencyMeant(value, values) ?? didYouMean(value, values)) : null;
      return one(`should be one of ${values.join(", ")}, not ${shown(value)}`, meant === null ? null : `Did you mean ${meant}?`);
    }
    case "too_big":
      return one(issue.origin === "number" || issue.origin === "int" ? `should be at most ${issue.maximum}, not ${shown(valueAt(part.value, path))}` : `should have at most ${issue.maximum} ${issue.origin === "string" ? "characters" : "elements"}`);
    case "too_small":
      if (issue.message === "empty") return one("is empty");
      return one(issue.origin === "number" || issue.origin === "int" ? `should be at least ${issue.minimum}, not ${shown(valueAt(part.value, path))}` : `should have at least ${issue.minimum} ${issue.origin === "string" ? "characters" : "elements"}`);
    case "invalid_format":
      return one(`${issue.message}; it is ${shown(valueAt(part.value, path))}`);
    default:
      return one(issue.message);
  }
}

/** How far a value is from a form: its own unknown fields weigh most, then whatever else is wrong. */
function distance(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === "unrecognized_keys" && issue.path.length === 0 ? 100 * issue.keys.length : 1), 0);
}

/** `1h`, `PT60M`, `hourly` mean PT1H. */
function frequencyMeant(value: string, values: readonly string[]): string | null {
  if (!values.includes("PT1H")) return null;
  const forms: [RegExp, string][] = [
    [/^(pt?5m|5 ?m(in(ute)?s?)?)$/i, "PT5M"],
    [/^(pt?10m|10 ?m(in(ute)?s?)?)$/i, "PT10M"],
    [/^(pt?1h|pt60m|p1h|1 ?h(our)?|60 ?m(in(ute)?s?)?|hour(ly)?)$/i, "PT1H"],
    [/^(p1d|pt24h|pt1d|1 ?d(ay)?|24 ?h(ours?)?|daily|day)$/i, "P1D"],
  ];
  return forms.find(([form]) => form.test(value.trim()))?.[1] ?? null;
}

function typeName(expected: string): string {
  const names: Readonly<Record<string, string>> = { string: "a text", number: "a number", int: "a whole number", boolean: "true or false", array: "a list", object: "an object of fields", record: "an object of fields" };
  return names[expected] ?? expected;
}

function shownType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return shown(value);
}

/** A value for people, short; what could be a secret is refused before anything is shown (literal-secrets.ts). */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function valueAt(value: unknown, path: readonly PathStep[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<PathStep, unknown>)[step]; // own member of an object or array, checked above
  }
  return at;
}
