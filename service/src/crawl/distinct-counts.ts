/**
 * Exact distinct counts of one measure while rows stream in: has this value been seen in this cell (combination and
 * interval) before? Values get numbers once; a cell and a number are one key in an open-addressed table of doubles: 16
 * bytes for each different value of each cell, where a Set a cell would take 50 and more.
 *
 * Texts are compared by their characters, not by a database's collation: "a" and "A " are two values.
 */
import type { Cell } from "../connectors/connector.ts";
import { SourceError } from "../telemetry/errors.ts";

/** Different values of one measure in one reading. */
export const DISTINCT_VALUES_MAX = 10_000_000;
/** Different values of one measure in one reading, summed over cells: 512 MiB. */
export const DISTINCT_PAIRS_MAX = 32_000_000;

// Above DISTINCT_VALUES_MAX; with CELLS_MAX cells keys stay below 2^52.
const NUMBERS = 2 ** 24;
const EMPTY = -1;
const SLOTS_FIRST = 1024;
const LOAD_MAX = 0.5;

export class DistinctCounts {
  readonly #measure: string;
  readonly #limits: { readonly values: number; readonly pairs: number };
  readonly #numberOf = new Map<Cell, number>();
  #slots = new Float64Array(SLOTS_FIRST).fill(EMPTY);
  #count = 0;

  constructor(measure: string, limits = { values: DISTINCT_VALUES_MAX, pairs: DISTINCT_PAIRS_MAX }) {
    this.#measure = measure;
    this.#limits = limits;
  }

  /** Whether it is the first time. Throws SourceError, code "LIMIT". */
  isNew(cell: number, value: Exclude<Cell, null>): boolean {
    let number = this.#numberOf.get(value);
    if (number === undefined) {
      number = this.#numberOf.size;
      if (number >= this.#limits.values) throw this.#tooMany(this.#limits.values, "DISTINCT_VALUES_MAX");
      this.#numberOf.set(value, number);
    }
    const key = cell * NUMBERS + number;
    const at = slotOf(this.#slots, key);
    if (this.#slots[at] === key) return false;
    if (this.#count >= this.#limits.pairs) throw this.#tooMany(this.#limits.pairs, "DISTINCT_PAIRS_MAX");
    this.#slots[at] = key;
    this.#count += 1;
    if (this.#count > LOAD_MAX * this.#slots.length) this.#grow();
    return true;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#slots.length).fill(EMPTY);
    for (const key of this.#slots) if (key !== EMPTY) larger[slotOf(larger, key)] = key;
    this.#slots = larger;
  }

  #tooMany(limit: number, name: string): SourceError {
    return new SourceError(`the measure ${this.#measure} has more than ${limit} different values to tell apart in one reading (${name})`, {
      code: "LIMIT",
      transient: false,
      advice: "Ask for fewer intervals (history.intervalsMax), or let the query count: count(distinct …) grouped by timestamp and dimensions, as a measure with aggregation MAX and levels: leaves.",
    });
  }
}

/** Where a key is, or would be: the length is a power of two. */
function slotOf(slots: Float64Array, key: number): number {
  const mask = slots.length - 1;
  const high = Math.floor(key / 2 ** 32);
  let hash = Math.imul(key >>> 0, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  hash ^= hash >>> 15;
  let at = hash & mask;
  while (slots[at] !== EMPTY && slots[at] !== key) at = (at + 1) & mask;
  return at;
}
