/** JSON Lines: one object a line, in UTF-8. A key that a line doesn't have is null; an object or list within is its JSON text. */
import { isUtf8 } from "node:buffer";
import { SourceError } from "../../telemetry/errors.ts";
import type { Cell, Column } from "../connector.ts";
import type { ParserOptions } from "./csv-parser.ts";
import { neededColumns, sameColumns } from "./needed-columns.ts";
import { LINE_BYTES_MAX, SAMPLE_ROWS } from "./row-parser.ts";
import type { RowParser } from "./row-parser.ts";

const LF = 10;

export class JsonLinesParser implements RowParser {
  columns: readonly Column[] | null = null;
  readonly #options: ParserOptions;
  #rest: Buffer = Buffer.alloc(0);
  #isFirst = true;
  #line = 1;
  /** [column that leaves] its key */
  #keys: readonly string[] = [];

  constructor(options: ParserOptions) {
    this.#options = options;
  }

  push(piece: Buffer, isLast: boolean): Cell[][] {
    let bytes: Buffer = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    if (this.#isFirst && bytes.length >= 3) {
      this.#isFirst = false;
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
    }
    const complete = isLast ? bytes.length : bytes.lastIndexOf(LF) + 1;
    this.#rest = bytes.subarray(complete);
    if (this.#rest.length > LINE_BYTES_MAX) throw this.#error(`is longer than ${LINE_BYTES_MAX} bytes (LINE_BYTES_MAX)`, "One object a line: a list of objects, or one over several lines, is not JSON Lines.", "LIMIT");
    const objects: Record<string, unknown>[] = [];
    for (let at = 0; at < complete; this.#line += 1) {
      const end = bytes.indexOf(LF, at);
      const stop = end < 0 || end > complete ? complete : end;
      const object = this.#object(bytes.subarray(at, stop));
      if (object !== null) objects.push(object);
      at = stop + 1;
    }
    if (this.columns === null && (objects.length > 0 || isLast)) this.#decideColumns(objects);
    return objects.map((object) => this.#keys.map((key, c) => cellOf(Object.hasOwn(object, key) ? object[key] : null, this.columns![c]!)));
  }

  #object(line: Buffer): Record<string, unknown> | null {
    if (!isUtf8(line)) throw this.#error("holds bytes that are not UTF-8", "Set the format's charset, e.g. windows-1252, or write the file as UTF-8.");
    const text = line.toString("utf8").trim();
    if (text === "") return null;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      // Without the parser's message: it quotes the line.
      throw this.#error("is not JSON", "JSON Lines has one whole object a line.");
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>; // JSON's objects have texts for keys
    throw this.#error("is not a JSON object", 'Each line should look like {"ts": "2026-03-01T10:00:00Z", "amount": 1}.');
  }

  /** Of a sample's lines all keys, in the order in which they come. */
  #decideColumns(objects: readonly Record<string, unknown>[]): void {
    const names = [...new Set(objects.slice(0, SAMPLE_ROWS).flatMap((object) => Object.keys(object)))];
    const { needs, columns: before, file } = this.#options;
    // A line may leave out what is null: a column that is needed counts as there.
    const declared = needs === null ? [] : [needs.timestamp.column, ...needs.numbers, ...needs.texts];
    const missing = declared.filter((name) => !names.some((other) => other.toLowerCase() === name.toLowerCase()) && before !== undefined);
    const all = [...names, ...missing];
    const sample = objects.slice(0, SAMPLE_ROWS).map((object) => all.map((name) => sampleCell(object[name])));
    const { columns, places } = before === undefined ? neededColumns(all, sample, needs) : sameColumns(before, all, file);
    this.columns = columns;
    this.#keys = places.map((place) => all[place]!);
  }

  #error(what: string, advice: string, code: "SHAPE" | "LIMIT" = "SHAPE"): SourceError {
    return new SourceError(`line ${this.#line} of ${this.#options.file} ${what}`, { code, transient: false, advice });
  }
}

function sampleCell(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  // A number in quotes stays a text: JSON knows the difference.
  if (typeof value === "string") return `"${value}"`;
  return typeof value === "number" || typeof value === "boolean" ? value : JSON.stringify(value);
}

function cellOf(value: unknown, column: Column): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value === "number") return column.type === "text" ? String(value) : value;
  if (typeof value === "boolean") return column.type === "boolean" ? value : String(value);
  return JSON.stringify(value);
}
