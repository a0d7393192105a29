/**
 * All series of one detector in memory, by number. A number is given once, in the order in which series first appear
 * (within an interval: in order of their key text, leaves before the roll-ups they need), so that a replay gives the
 * same numbers.
 */
import { combineOf, missingRollUpKeys, seriesKeyText, seriesLevels, type SeriesKey, type SeriesLevels } from "@foretop/engine";
import type { DetectorConfig, MeasureConfig } from "../resources/detector.ts";
import type { StoredSeries } from "../store/store.ts";

/** Beginning of a series all of whose rows were deleted again: after any interval. */
export const NEVER_SEEN = Number.MAX_SAFE_INTEGER;

export class SeriesTable {
  readonly stored: StoredSeries[] = [];
  readonly keys: SeriesKey[] = [];
  readonly levels: SeriesLevels;
  readonly measures: readonly MeasureConfig[];
  /** [series] index into `measures` */
  measureOf: Uint16Array = new Uint16Array(64);
  /** [series] start of the first interval with a row; a correction may move it */
  readonly firstSeenMs: number[] = [];
  readonly #numberOf = new Map<string, number>();
  readonly #numbersOf = new WeakMap<readonly SeriesKey[], { readonly numbers: Int32Array; readonly count: number }>();
  readonly #withLevels: boolean;

  constructor(config: DetectorConfig, stored: readonly StoredSeries[] = []) {
    this.measures = config.measures;
    this.#withLevels = config.levels === "all";
    const measureByName = new Map(config.measures.map((m) => [m.name, m]));
    this.levels = seriesLevels({
      dimensionCount: config.dimensions.length,
      combine: (measure) => combineOf(measureByName.get(measure)!.aggregation, { hasCounts: true }),
    });
    for (const series of stored) this.#append(series);
    this.levels.add(this.keys);
  }

  get count(): number {
    return this.stored.length;
  }

  numberOf(key: SeriesKey): number | undefined {
    return this.#numberOf.get(seriesKeyText(key));
  }

  /**
   * [key] number of each, −1 for a series that is not known. An interval's keys are looked up in several places: their texts
   * are made once, as long as no series is added (5,000 keys: 3 ms, then nothing).
   */
  numbersOf(keys: readonly SeriesKey[]): Int32Array {
    const known = this.#numbersOf.get(keys);
    if (known?.count === this.count) return known.numbers;
    const numbers = Int32Array.from(keys, (key) => this.numberOf(key) ?? -1);
    this.#numbersOf.set(keys, { numbers, count: this.count });
    return numbers;
  }

  whenAbsent(series: number): "zero" | "missing" {
    return this.measures[this.measureOf[series]!]!.whenAbsent;
  }

  isAdditive(measure: string): boolean {
    const aggregation = this.measures.find((m) => m.name === measure)?.aggregation;
    return aggregation === "SUM" || aggregation === "COUNT";
  }

  /**
   * The first count ≥ `count` that doesn't cut through series which were numbered together: a leaf and the roll-ups that
   * it brought along.
   */
  bornWith(count: number): number {
    let whole = count;
    while (whole > 0 && whole < this.count && !this.stored[whole]!.isLeaf && this.#rollUpsOf(whole, count)) whole += 1;
    return whole;
  }

  /** Whether the roll-up `series` has a leaf among the first `count` series. */
  #rollUpsOf(series: number, count: number): boolean {
    return this.levels.leaves(series).some((leaf) => leaf < count);
  }

  /** Numbers the leaves that are new, and the roll-ups above them; returns what was added, in order. */
  extend(leafKeys: readonly SeriesKey[], firstSeenMs: number): StoredSeries[] {
    const numbers = this.numbersOf(leafKeys);
    const unknown = leafKeys.filter((_, i) => numbers[i]! < 0);
    if (unknown.length === 0) return [];
    const sorted = unknown.map((key) => [seriesKeyText(key), key] as const).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    const added: StoredSeries[] = [];
    const append = (key: SeriesKey, isLeaf: boolean): void => {
      const series = { number: this.stored.length, key, keyText: seriesKeyText(key), isLeaf, firstSeenMs };
      this.#append(series);
      added.push(series);
    };
    for (const [, key] of sorted) append(key, true);
    if (this.#withLevels) {
      const rollUps = missingRollUpKeys(sorted.map(([, key]) => key), (key) => this.#numberOf.has(seriesKeyText(key)));
      for (const key of rollUps.filter((k) => this.#hasLevels(k.measure))) append(key, false);
    }
    this.levels.add(this.keys);
    return added;
  }

  /** Leaves that have a row earlier than they were known to begin; they begin there from now on. */
  beginBy(leafKeys: readonly SeriesKey[], startMs: number): StoredSeries[] {
    return Array.from(this.numbersOf(leafKeys).filter((s) => this.firstSeenMs[s]! > startMs), (s) => this.beginAt(s, startMs));
  }

  /** @param startMs  NEVER_SEEN when none of its rows is left */
  beginAt(series: number, startMs: number): StoredSeries {
    this.firstSeenMs[series] = startMs;
    return { ...this.stored[series]!, firstSeenMs: startMs };
  }

  #hasLevels(measure: string): boolean {
    return combineOf(this.measures.find((m) => m.name === measure)!.aggregation, { hasCounts: true }) !== "none";
  }

  #append(series: StoredSeries): void {
    if (series.number >= this.measureOf.length) {
      const grown = new Uint16Array(this.measureOf.length * 2);
      grown.set(this.measureOf);
      this.measureOf = grown;
    }
    this.measureOf[series.number] = this.measures.findIndex((m) => m.name === series.key.measure);
    this.stored.push(series);
    this.keys.push(series.key);
    this.firstSeenMs.push(series.firstSeenMs);
    this.#numberOf.set(series.keyText, series.number);
  }
}
