/**
 * The published JSON Schema of foretop.yaml and the tables of docs/configuration.md, both from the schemas that check
 * files. `node service/test/config-docs.ts` writes them; a test holds them to what they come from.
 */
import { z } from "zod";
import type { Registries } from "./check-settings.ts";
import { foretopSchema } from "./config-schema.ts";
import { paramsSchema } from "./params-schema.ts";

type Json = Record<string, unknown>;

/** foretop.yaml, with the settings of every connector and channel, for editors. */
export function foretopJsonSchema({ connectors, channels }: Registries): Json {
  const schema = z.toJSONSchema(foretopSchema, { io: "input" }) as Json;
  const properties = schema["properties"] as Record<string, Json>;
  const alert = (properties["alerts"]!["items"] as Json)["properties"] as Record<string, Json>;
  properties["source"] = kinds(properties["source"]!, [...connectors.values()]);
  alert["channel"] = kinds(alert["channel"]!, [...channels.values()]);
  return { $schema: schema["$schema"], title: "foretop.yaml", ...schema };
}

/** One of several kinds, each with its own settings beside `kind`. */
function kinds({ description }: Json, entries: readonly { kind: string; settings: z.ZodType }[]): Json {
  return {
    description,
    oneOf: entries.map(({ kind, settings }) => {
      const { $schema: _, ...own } = z.toJSONSchema(settings, { io: "input", unrepresentable: "any" }) as Json;
      const properties = (own["properties"] ?? {}) as Json;
      return { ...own, properties: { kind: { const: kind }, ...properties }, required: ["kind", ...((own["required"] as string[] | undefined) ?? [])], additionalProperties: false };
    }),
  };
}

export interface FieldRow {
  readonly field: string;
  readonly type: string;
  readonly default: string;
  readonly doc: string;
}

export const foretopRows = (): FieldRow[] => rowsOf(z.toJSONSchema(foretopSchema, { io: "input" }) as Json, "");
export const paramsRows = (): FieldRow[] => rowsOf(z.toJSONSchema(paramsSchema, { io: "input" }) as Json, "").filter(({ doc }) => doc !== "");
export const settingsRows = (settings: z.ZodType): FieldRow[] => rowsOf(z.toJSONSchema(settings, { io: "input", unrepresentable: "any" }) as Json, "");

/** Every field below, as `history.intervalsMax`, `measures[].name`. */
function rowsOf(schema: Json, prefix: string): FieldRow[] {
  const required = new Set((schema["required"] as string[] | undefined) ?? []);
  return Object.entries((schema["properties"] ?? {}) as Record<string, Json>).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const row: FieldRow = { field: path, type: typeOf(field), default: defaultOf(field, required.has(name)), doc: (field["description"] as string | undefined) ?? "" };
    return [row, ...childrenOf(field, path)];
  });
}

function childrenOf(field: Json, path: string): FieldRow[] {
  if (field["items"] !== undefined) return childrenOf(field["items"] as Json, `${path}[]`);
  if (field["properties"] !== undefined) return rowsOf(field, `${path}.`);
  // A value that may also be a text: its object form has the fields.
  return ((field["anyOf"] ?? []) as Json[]).flatMap((branch) => (branch["properties"] === undefined ? [] : rowsOf(branch, `${path}.`)));
}

function typeOf(field: Json): string {
  if (field["enum"] !== undefined) return (field["enum"] as unknown[]).join(", ");
  if (field["anyOf"] !== undefined) return [...new Set((field["anyOf"] as Json[]).map(typeOf))].join(" or ");
  if (field["type"] === "array") return `list of ${typeOf(field["items"] as Json)}`;
  if (field["type"] === "integer" || field["type"] === "number") {
    const { minimum, maximum } = field as { minimum?: number; maximum?: number };
    const range = [minimum, maximum].every((bound) => bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER) ? ` ${minimum} … ${maximum}` : minimum !== undefined && minimum > -Number.MAX_SAFE_INTEGER ? ` from ${minimum}` : "";
    return `${field["type"] === "integer" ? "whole number" : "number"}${range}`;
  }
  const names: Record<string, string> = { string: "text", boolean: "true or false", object: "fields" };
  return names[String(field["type"])] ?? "any";
}

function defaultOf(field: Json, isRequired: boolean): string {
  if (isRequired) return "required";
  const value = field["default"];
  if (value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0)) return "–";
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Puts each generated table between its two marks in a page that is otherwise written by hand. */
export function withTables(page: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from === -1 || to < from) throw new Error(`the page has no place for the table "${name}": ${begin} … ${end}`);
    return `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
  }, page);
}
