/**
 * A bound query in the two forms in which Redshift gets it through the Data API: with named parameters, or – inside the
 * quoted text of an UNLOAD, where there are none – with the instants as literals. These are numbers of ours turned into
 * ISO text, never something that a user wrote.
 */
import type { BoundQuery } from "../connector.ts";
import { tokenise } from "../sql/tokenise.ts";
import type { Token } from "../sql/tokenise.ts";

export interface NamedParameter {
  readonly name: string;
  readonly value: string;
}

export interface ParameterisedText {
  readonly sql: string;
  readonly parameters: readonly NamedParameter[];
}

/**
 * @example parameterised({ sql: "… ts >= $1::timestamptz", parameters: [0] })
 * // → { sql: "… ts >= cast(:foretop_1 as timestamptz)", parameters: [{ name: "foretop_1", value: "1970-01-01T00:00:00.000Z" }] }
 */
export function parameterised({ sql, parameters }: BoundQuery): ParameterisedText {
  return {
    sql: replacePlaceholders(sql, (number) => `:foretop_${number}`),
    parameters: parameters.map((ms, i) => ({ name: `foretop_${i + 1}`, value: instantText(ms) })),
  };
}

/** The same with `cast('1970-01-01T00:00:00.000Z' as timestamptz)`. */
export function withLiterals({ sql, parameters }: BoundQuery): string {
  return replacePlaceholders(sql, (number) => `'${instantText(parameters[number - 1]!)}'`);
}

/** CAST instead of `::`: whether a colon right behind a named parameter is understood is not documented. */
function replacePlaceholders(sql: string, value: (number: number) => string): string {
  const tokens = tokenise(sql, "redshift");
  let out = "";
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.kind !== "positional") {
      out += token.text;
      continue;
    }
    const number = Number(token.text.slice(1));
    const type = castType(tokens, i);
    out += type === null ? value(number) : `cast(${value(number)} as ${type})`;
    if (type !== null) i += 2;
  }
  return out;
}

function castType(tokens: readonly Token[], index: number): string | null {
  const [cast, type] = [tokens[index + 1], tokens[index + 2]];
  return cast?.text === "::" && type?.kind === "word" ? type.text : null;
}

function instantText(ms: number): string {
  return new Date(ms).toISOString();
}

/**
 * A text as a literal of Redshift: quotes doubled, and backslashes too, since there they escape.
 * https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html ("select-statement")
 */
export function quoteText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

export interface UnloadText {
  /** an inner SELECT, with literals */
  readonly select: string;
  /** s3://bucket/prefix, new for each attempt */
  readonly prefix: string;
  readonly iamRole: string;
  readonly format: "parquet" | "csv";
  readonly parallel: boolean;
  readonly bucketRegion: string | undefined;
  /** of CSV: what stands for null, a text that no value can be */
  readonly nullText: string;
}

/**
 * One file of at most 6.2 GB unless parallel; the manifest tells types, rows and bytes of each file. The query is wrapped, since
 * UNLOAD refuses a LIMIT in its outer SELECT; the line break keeps a comment at the query's end from swallowing the rest.
 */
export function unloadText({ select, prefix, iamRole, format, parallel, bucketRegion, nullText }: UnloadText): string {
  return [
    `unload (${quoteText(`select * from (\n${select}\n) as foretop_unloaded`)})`,
    `to ${quoteText(prefix)}`,
    `iam_role ${iamRole === "default" ? "default" : quoteText(iamRole)}`,
    `format as ${format}`,
    ...(format === "csv" ? [`null as ${quoteText(nullText)}`] : []),
    "manifest verbose",
    `parallel ${parallel ? "on" : "off"}`,
    ...(bucketRegion === undefined ? [] : [`region ${quoteText(bucketRegion)}`]),
  ].join("\n");
}
