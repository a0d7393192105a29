/**
 * What a shard says about the roll-ups above its leaves: exact sums, smallest and largest values, rows. Merging what all
 * shards say, in any order, is having seen all leaves at once – bit for bit.
 */
import { combineOf, ExactSums, rollUpKeys, seriesKeyText, type Combine, type SeriesKey } from "@foretop/engine";
import type { MeasureConfig } from "../resources/detector.ts";

/** JSON has no infinities: texts "Infinity", "-Infinity", "NaN" where a number has none of its own. */
export interface PartialRollUp {
  readonly keyText: string;
  /** parts of the exact sum; of value × rows for averages */
  readonly sum: readonly (number | string)[];
  /** rows behind the leaves that count in an average */
  readonly weight: number;
  readonly min: number | string;
  readonly max: number | string;
  /** rows behind all leaves */
  readonly rows: number;
}

export class PartialRollUps {
  readonly #combine = new Map<string, Combine>();
  readonly #indexes = new Map<string, number>();
  readonly #keyTexts: string[] = [];
  readonly #measures: string[] = [];
  #sums: ExactSums;
  readonly #weight: number[] = [];
  readonly #min: number[] = [];
  readonly #max: number[] = [];
  readonly #rows: number[] = [];

  /** @param rollUpsMax  of them there are at most so many */
  constructor(measures: readonly MeasureConfig[], rollUpsMax: number) {
    for (const { name, aggregation } of measures) this.#combine.set(name, combineOf(aggregation, { hasCounts: true }));
    this.#sums = new ExactSums(rollUpsMax);
  }

  addLeaf(key: SeriesKey, value: number, count: number): void {
    for (const rollUp of rollUpKeys(key)) {
      const at = this.#indexOf(seriesKeyText(rollUp), key.measure);
      this.#rows[at]! += count;
      if (Number.isNaN(value)) continue;
      const how = this.#combine.get(key.measure)!;
      if (how === "sum") this.#sums.add(at, value);
      else if (how === "mean" && count > 0) {
        this.#sums.add(at, value * count);
        this.#weight[at]! += count;
      }
      if (!(this.#min[at]! <= value)) this.#min[at] = value;
      if (!(this.#max[at]! >= value)) this.#max[at] = value;
    }
  }

  merge({ keyText, sum, weight, min, max, rows }: PartialRollUp): void {
    const at = this.#indexOf(keyText, (JSON.parse(keyText) as string[])[0]!); // a key's text begins with its measure
    for (const part of sum) this.#sums.add(at, Number(part));
    this.#weight[at]! += weight;
    this.#rows[at]! += rows;
    if (!(this.#min[at]! <= Number(min)) && !Number.isNaN(Number(min))) this.#min[at] = Number(min);
    if (!(this.#max[at]! >= Number(max)) && !Number.isNaN(Number(max))) this.#max[at] = Number(max);
  }

  partials(): PartialRollUp[] {
    return this.#keyTexts.map((keyText, at) => ({
      keyText,
      sum: this.#sums.partsOf(at).map(plain),
      weight: this.#weight[at]!,
      min: plain(this.#min[at]!),
      max: plain(this.#max[at]!),
      rows: this.#rows[at]!,
    }));
  }

  /** Value and rows of a roll-up; missing where no leaf below it has spoken. */
  of(keyText: string): { readonly value: number; readonly count: number } {
    const at = this.#indexes.get(keyText);
    if (at === undefined) return { value: NaN, count: 0 };
    const how = this.#combine.get(this.#measures[at]!)!;
    const value = how === "sum" ? this.#sums.value(at) : how === "mean" ? this.#sums.value(at) / this.#weight[at]! : how === "min" ? this.#min[at]! : how === "max" ? this.#max[at]! : NaN;
    return { value, count: this.#rows[at]! };
  }

  #indexOf(keyText: string, measure: string): number {
    const known = this.#indexes.get(keyText);
    if (known !== undefined) return known;
    const at = this.#keyTexts.length;
    this.#indexes.set(keyText, at);
    this.#keyTexts.push(keyText);
    this.#measures.push(measure);
    this.#weight.push(0);
    this.#min.push(NaN);
    this.#max.push(NaN);
    this.#rows.push(0);
    return at;
  }
}

function plain(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
