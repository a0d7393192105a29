/**
 * Numbers for combinations of dimension values, given in order of arrival: (web, DE) → 0, (web, FR) → 1 … A row costs one
 * look-up of a text per dimension and one of a number for each dimension after the first; no text is ever joined.
 */
import type { Cell } from "../connectors/connector.ts";

// Pairs (prefix, code) become one number below 2^53.
const CODES_MAX = 2 ** 26;

export class Combinations {
  readonly #dimensionCount: number;
  /** per dimension: value → code */
  readonly #codes: Map<string | null, number>[];
  /** per dimension: code → value */
  readonly #values: (string | null)[][];
  /** per dimension after the first: (number of the prefix, code) → number of the longer prefix */
  readonly #prefixes: Map<number, number>[];
  /** per dimension after the first: number of the prefix of that length → its last code and the prefix before */
  readonly #parents: { readonly prefix: number; readonly code: number }[][];

  constructor(dimensionCount: number) {
    this.#dimensionCount = dimensionCount;
    this.#codes = Array.from({ length: dimensionCount }, () => new Map<string | null, number>());
    this.#values = Array.from({ length: dimensionCount }, () => []);
    this.#prefixes = Array.from({ length: Math.max(0, dimensionCount - 1) }, () => new Map<number, number>());
    this.#parents = Array.from({ length: Math.max(0, dimensionCount - 1) }, () => []);
  }

  get count(): number {
    if (this.#dimensionCount === 0) return 1;
    return this.#dimensionCount === 1 ? this.#values[0]!.length : this.#parents.at(-1)!.length;
  }

  /** How many different values a dimension has had. */
  uniqueValues(dimension: number): number {
    return this.#values[dimension]!.length;
  }

  /** The number of a row's combination. @param columns  [dimension] index of its cell in the row */
  numberOf(row: readonly Cell[], columns: readonly number[]): number {
    if (this.#dimensionCount === 0) return 0;
    let prefix = this.#codeOf(0, row[columns[0]!]!);
    for (let d = 1; d < columns.length; d++) {
      const code = this.#codeOf(d, row[columns[d]!]!);
      const pair = prefix * CODES_MAX + code;
      const longer = this.#prefixes[d - 1]!;
      const known = longer.get(pair);
      if (known !== undefined) {
        prefix = known;
        continue;
      }
      const parents = this.#parents[d - 1]!;
      parents.push({ prefix, code });
      prefix = parents.length - 1;
      longer.set(pair, prefix);
    }
    return prefix;
  }

  /** [dimension] values of a combination, null where the cell was null. */
  valuesOf(combination: number): (string | null)[] {
    const values: (string | null)[] = [];
    let prefix = combination;
    for (let d = this.#dimensionCount - 1; d > 0; d--) {
      const parent = this.#parents[d - 1]![prefix]!;
      values.unshift(this.#values[d]![parent.code]!);
      prefix = parent.prefix;
    }
    if (this.#dimensionCount > 0) values.unshift(this.#values[0]![prefix]!);
    return values;
  }

  #codeOf(dimension: number, cell: Cell): number {
    // Numbers and truth values serve as dimensions by their text; null stays apart from the text "null".
    const value = cell === null || typeof cell === "string" ? cell : String(cell);
    const codes = this.#codes[dimension]!;
    const known = codes.get(value);
    if (known !== undefined) return known;
    const code = codes.size;
    codes.set(value, code);
    this.#values[dimension]!.push(value);
    return code;
  }
}
