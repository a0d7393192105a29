/** Which of a file's columns are read, and as what. */
import { SourceError } from "../../telemetry/errors.ts";
import type { Cell, Column, DatasetNeeds } from "../connector.ts";

export interface NeededColumns {
  /** what leaves, in this order */
  readonly columns: readonly Column[];
  /** [column that leaves] its place in the file's row */
  readonly places: readonly number[];
}

/**
 * With needs, exactly their columns, typed by them; without, or when one isn't there (whoever asked tells which, and what there is), all.
 *
 * @param names  of the file's columns, in order
 * @param sample  some rows of the file, texts in CSV; decides the types that needs don't
 */
export function neededColumns(names: readonly string[], sample: readonly (readonly Cell[])[], needs: DatasetNeeds | null): NeededColumns {
  const typeOf = (place: number): Column["type"] => typeOfCells(sample.map((row) => row[place] ?? null));
  const wanted = needs === null ? [] : [...new Set([needs.timestamp.column, ...needs.numbers, ...needs.texts])];
  const places = wanted.map((name) => placeOf(name, names));
  if (needs === null || places.some((place) => place < 0)) {
    return { columns: names.map((name, place) => columnOf(name, typeOf(place))), places: names.map((_, place) => place) };
  }
  return {
    columns: wanted.map((name, i) => {
      const found = names[places[i]!]!;
      if (name === needs.timestamp.column) return columnOf(found, needs.timestamp.format === null || isDigitsFormat(needs.timestamp.format) ? typeOf(places[i]!) : "text");
      return columnOf(found, needs.numbers.includes(name) ? "number" : "text");
    }),
    places,
  };
}

/** A later file of the same reading: the same columns, wherever they stand in it. Throws SourceError "SHAPE". */
export function sameColumns(columns: readonly Column[], names: readonly string[], file: string): NeededColumns {
  const places = columns.map(({ name }) => placeOf(name, names));
  const missing = columns.find((_, i) => places[i]! < 0);
  if (missing === undefined) return { columns, places };
  throw new SourceError(`${file} has no column ${missing.name}, which other files of the reading have; its columns are ${names.slice(0, 50).join(", ")}`, {
    code: "SHAPE",
    transient: false,
    advice: "Files of a dataset must have the same columns; their order doesn't matter.",
  });
}

/** What leaves when there is no file to look at. */
export function declaredColumns(needs: DatasetNeeds): Column[] {
  return [columnOf(needs.timestamp.column, "text"), ...needs.numbers.map((name) => columnOf(name, "number")), ...needs.texts.map((name) => columnOf(name, "text"))];
}

/** Exactly, else the only one that differs in case. */
function placeOf(name: string, names: readonly string[]): number {
  const exact = names.indexOf(name);
  if (exact >= 0) return exact;
  const alike = names.flatMap((other, place) => (other.toLowerCase() === name.toLowerCase() ? [place] : []));
  return alike.length === 1 ? alike[0]! : -1;
}

function columnOf(name: string, type: Column["type"]): Column {
  return { name, type, nativeType: type };
}

/** A pattern of digits reads numbers, too. */
function isDigitsFormat(format: string): boolean {
  return format.toUpperCase() === "UNIX";
}

/** A number as its own text: neither a postal code with a zero in front nor a version. */
const NUMBER = /^-?(?:0|[1-9]\d{0,17})(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/;

function typeOfCells(cells: readonly Cell[]): Column["type"] {
  const given = cells.filter((cell) => cell !== null && cell !== "");
  if (given.length === 0) return "text";
  if (given.every((cell) => typeof cell === "boolean")) return "boolean";
  return given.every((cell) => typeof cell === "number" || (typeof cell === "string" && NUMBER.test(cell))) ? "number" : "text";
}
