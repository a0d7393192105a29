/**
 * Rows → one value per leaf (measure × combination of dimension values) and interval, as they stream in. One interval and
 * six months are the same work. Nothing is kept per row; memory grows with leaves × intervals, in blocks.
 *
 * Every row is accounted for: used, used in part, outside the range or unusable, with reasons.
 *
 * Lines that the database aggregated (connectors/sql/aggregate-query.ts) end in the same table, to the last bit.
 */
import { fromLocalMs, seriesKey, seriesKeyText } from "@foretop/engine";
import type { SeriesKey } from "@foretop/engine";
import { CELL_NULL, CELL_OWN, CELL_TEXT } from "../connectors/connector.ts";
import type { Cell, CellColumn } from "../connectors/connector.ts";
import { cellAt } from "../connectors/files/column-batch.ts";
import type { GroupLayout, MeasureLayout } from "../connectors/sql/aggregate-query.ts";
import type { DetectorConfig, MeasureConfig } from "../resources/detector.ts";
import { SourceError } from "../telemetry/errors.ts";
import type { Interval, RowCounts } from "./batch.ts";
import { Combinations } from "./combinations.ts";
import { DistinctCounts } from "./distinct-counts.ts";
import type { FoundColumns } from "./find-columns.ts";
import { EMPTY_BLOCK, addUnits, adderOf, sumAdder, sumAt } from "./leaf-cells.ts";
import type { Block } from "./leaf-cells.ts";
import { NotAggregable } from "./not-aggregable.ts";
import { timestampReader } from "./timestamp-reader.ts";

export interface LeafValues {
  /** in order of their key text */
  readonly keys: readonly SeriesKey[];
  /** [leaf × interval] row-major; NaN where no usable cell arrived */
  readonly values: Float64Array;
  /** [leaf × interval] usable cells behind each value */
  readonly counts: Float64Array;
}

/** Leaves × intervals of one reading; 12 bytes each while reading, 28 at the end. */
export const CELLS_MAX = 150_000_000;

/** Why rows and cells could not be used, in the words that data quality shows. */
export interface Reasons {
  noTimestamp: number;
  unreadableTimestamp: number;
  nullMeasure: number;
  nanMeasure: number;
  infiniteMeasure: number;
  textMeasure: number;
  nullDimension: number;
  sumOutOfRange: number;
}

const REASON_TEXTS: Readonly<Record<keyof Reasons, string>> = {
  noTimestamp: "no timestamp",
  unreadableTimestamp: "unreadable timestamp",
  nullMeasure: "null measure",
  nanMeasure: "NaN in a measure",
  infiniteMeasure: "infinite measure",
  textMeasure: "text in a measure",
  nullDimension: "null dimension",
  sumOutOfRange: "sum out of range",
};

// A block of 64k cells (768 KiB): few allocations for one interval of many series, little waste for long history.
const BLOCK_CELLS = 65_536;

export class LeafTable {
  readonly #config: DetectorConfig;
  readonly #columns: FoundColumns;
  /** [interval] starts, ascending */
  readonly #startMs: Float64Array;
  readonly #endMs: number;
  readonly #intervalCount: number;
  readonly #measureCount: number;
  readonly #combinations: Combinations;
  readonly #blocks: Block[] = [];
  readonly #combinationsPerBlock: number;
  readonly #cellsPerCombination: number;
  readonly #readTimestamp: (cell: Cell) => number;
  readonly #combinationsMax: number;
  readonly #isCount: readonly boolean[];
  /** [measure] null where it is no distinct count */
  readonly #distinct: readonly (DistinctCounts | null)[];
  readonly #hasRatios: boolean;
  readonly #add: readonly ((block: Block, at: number, value: number) => void)[];
  readonly #addWeight: readonly ((block: Block, at: number, value: number) => void)[];
  #interval = 0;
  #minute = NaN;
  #minuteMs = NaN;
  /** what the last batch was held to; batches of a folder share it */
  #within: { readonly of: readonly Interval[]; readonly counts: Uint8Array } | null = null;

  processed = 0;
  invalid = 0;
  partial = 0;
  outside = 0;
  maxTimestampMs = -Infinity;
  /** [interval] rows whose timestamp lies in it */
  readonly rowsPerInterval: Float64Array;
  /** how many intervals have had a row */
  intervalsSeen = 0;
  /** [column of the result] empty cells: null, or an empty text in a dimension */
  readonly emptyCells: Float64Array;
  readonly reasons: Reasons = { noTimestamp: 0, unreadableTimestamp: 0, nullMeasure: 0, nanMeasure: 0, infiniteMeasure: 0, textMeasure: 0, nullDimension: 0, sumOutOfRange: 0 };

  /**
   * @param startMs  [interval] starts, ascending and without gaps
   * @param endMs    end of the last interval
   */
  constructor(config: DetectorConfig, columns: FoundColumns, { startMs, endMs, columnCount }: { startMs: Float64Array; endMs: number; columnCount: number }) {
    this.#config = config;
    this.#columns = columns;
    this.#startMs = startMs;
    this.#endMs = endMs;
    this.#intervalCount = startMs.length;
    this.#measureCount = config.measures.length;
    this.#combinations = new Combinations(config.dimensions.length);
    this.#cellsPerCombination = this.#measureCount * this.#intervalCount;
    this.#combinationsPerBlock = Math.max(1, Math.floor(BLOCK_CELLS / this.#cellsPerCombination));
    this.#readTimestamp = timestampReader(config, columns.timestampType);
    this.#combinationsMax = Math.floor(Math.min(config.limits.seriesMax / this.#measureCount, CELLS_MAX / this.#cellsPerCombination));
    this.#isCount = config.measures.map(({ aggregation }) => aggregation === "COUNT");
    this.#distinct = config.measures.map(({ name, aggregation }) => (aggregation === "COUNT_DISTINCT" ? new DistinctCounts(name) : null));
    this.#hasRatios = columns.denominators.some((column) => column >= 0);
    this.#add = config.measures.map((measure, m) => adderOf(measure, columns.scales[m]!));
    this.#addWeight = columns.denominatorScales.map(sumAdder);
    this.rowsPerInterval = new Float64Array(this.#intervalCount);
    this.emptyCells = new Float64Array(columnCount);
  }

  get combinationCount(): number {
    return this.processed === 0 ? 0 : this.#combinations.count;
  }

  get seriesCount(): number {
    return this.#blocks.length === 0 ? 0 : this.#combinations.count * this.#measureCount;
  }

  uniqueValues(dimension: number): number {
    return this.#combinations.uniqueValues(dimension);
  }

  /** Throws SourceError, code "LIMIT", when there are more series than the configuration allows. */
  addRows(rows: readonly (readonly Cell[])[], within?: readonly Interval[]): void {
    const { timestamp } = this.#columns;
    const counts = within === undefined ? null : this.#intervalsWithin(within);
    for (const row of rows) {
      const stamp = row[timestamp]!;
      this.#addRow(row, stamp === null ? NaN : this.#readTimestamp(stamp), counts);
    }
  }

  /** The same for rows that come as columns: each is looked at through one row that is filled again and again. */
  addColumns(columns: readonly CellColumn[], count: number, within?: readonly Interval[]): void {
    const { timestamp, measures, dimensions } = this.#columns;
    const counts = within === undefined ? null : this.#intervalsWithin(within);
    // A timestamp that is a dimension, or counted, is needed as its text, too.
    const isClockText = dimensions.includes(timestamp) || measures.includes(timestamp);
    const row: Cell[] = columns.map(() => null);
    for (let r = 0; r < count; r++) {
      for (let c = 0; c < columns.length; c++) {
        const column = columns[c]!;
        const state = column.states[r]!;
        if (state === CELL_NULL) row[c] = null;
        else if (state === CELL_TEXT) row[c] = column.odd.get(r)!;
        else if (column.kind === "text") row[c] = column.texts[column.values[r]!]!;
        else row[c] = isClockText && column.kind === "clock" ? cellAt(column, r) : column.values[r]!;
      }
      const stamps = columns[timestamp]!;
      const stamp = row[timestamp]!;
      const isClock = stamps.kind === "clock" && stamps.states[r] === CELL_OWN;
      this.#addRow(row, stamp === null ? NaN : isClock ? this.#clockMs(stamps.values[r]!, stamps.isUtc) : this.#readTimestamp(stamp), counts);
    }
  }

  /** A wall-clock time's instant; rows come in runs of one minute, and clocks change at whole minutes. */
  #clockMs(localMs: number, isUtc: boolean): number {
    if (isUtc || this.#config.zone === "UTC") return localMs;
    const minute = Math.floor(localMs / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#minuteMs = fromLocalMs(minute * 60_000, this.#config.zone, "second");
    }
    return this.#minuteMs + localMs - minute * 60_000;
  }

  #addRow(row: readonly Cell[], ms: number, counts: Uint8Array | null): void {
    const { timestamp, measures, denominators, dimensions } = this.#columns;
    this.processed += 1;
    if (!Number.isFinite(ms)) {
      this.#countWithoutTimestamp(row[timestamp]!);
      return;
    }
    const t = this.#intervalOf(ms);
    if (t < 0 || (counts !== null && counts[t] === 0)) {
      this.outside += 1;
      return;
    }
    if (ms > this.maxTimestampMs) this.maxTimestampMs = ms;
    if (this.rowsPerInterval[t]!++ === 0) this.intervalsSeen += 1;

    let unusable = 0;
    const combination = this.#combinations.numberOf(row, dimensions);
    for (const column of dimensions) {
      const cell = row[column]!;
      if (cell !== null && cell !== "") continue;
      this.emptyCells[column]! += 1;
      if (cell === null) {
        this.reasons.nullDimension += 1;
        unusable = 1;
      }
    }
    const block = this.#blockOf(combination);
    let at = (combination % this.#combinationsPerBlock) * this.#cellsPerCombination + t;
    let usableMeasures = 0;
    for (let m = 0; m < measures.length; m++) {
      const cell = row[measures[m]!]!;
      const distinct = this.#distinct[m]!;
      if (distinct !== null) {
        // A null is not counted, and nothing is wrong with it.
        if (cell === null) this.emptyCells[measures[m]!]! += 1;
        else {
          block.counts[at]! += 1;
          if (distinct.isNew(combination * this.#intervalCount + t, cell)) block.values[at]! += 1;
        }
        usableMeasures += 1;
        at += this.#intervalCount;
        continue;
      }
      const value = typeof cell === "number" ? cell : this.#numberIn(cell);
      if (denominators[m]! >= 0) {
        // A row adds to both or to neither.
        const below = row[denominators[m]!]!;
        const weight = typeof below === "number" ? below : this.#numberIn(below);
        if (value - value === 0 && weight - weight === 0) {
          this.#add[m]!(block, at, value);
          this.#addWeight[m]!(block.denominators!, at, weight);
          usableMeasures += 1;
        } else if (value - value === 0) this.#countUnusable(below, denominators[m]!, weight);
        else this.#countUnusable(cell, measures[m]!, value);
        at += this.#intervalCount;
        continue;
      }
      // Neither NaN nor infinite; COUNT takes whatever isn't null.
      if (value - value === 0 || (this.#isCount[m]! && cell !== null)) {
        this.#add[m]!(block, at, value);
        usableMeasures += 1;
      } else {
        this.#countUnusable(cell, measures[m]!, value, this.#isCount[m]!);
        if (this.#isCount[m]!) usableMeasures += 1; // a null is not counted, and nothing is wrong with it
      }
      at += this.#intervalCount;
    }
    if (usableMeasures === 0 && measures.length > 0) this.invalid += 1;
    else if (usableMeasures < measures.length || unusable > 0) this.partial += 1;
  }

  /**
   * Lines of the database, each for some rows of one combination and one interval. Throws NotAggregable when they can't be told
   * apart as rows could, or added up without loss.
   */
  addGroups(groups: readonly (readonly Cell[])[], layout: GroupLayout): void {
    const { dimensions } = this.#columns;
    for (const group of groups) {
      const rows = numberAt(group, layout.rows);
      if (layout.beyond >= 0 && numberAt(group, layout.beyond) > 0) throw new NotAggregable("a number has more digits than can be added up exactly");
      const t = this.#intervalOfGroup(group[layout.first]!, group[layout.last]!, rows);
      this.processed += rows;
      if (t < 0) continue;
      if (this.rowsPerInterval[t] === 0) this.intervalsSeen += 1;
      this.rowsPerInterval[t]! += rows;

      const combination = this.#combinations.numberOf(group, layout.dimensions);
      let hasNull = false;
      for (const [d, column] of dimensions.entries()) {
        const cell = group[layout.dimensions[d]!]!;
        if (cell !== null && cell !== "") continue;
        this.emptyCells[column]! += rows;
        if (cell !== null) continue;
        this.reasons.nullDimension += rows;
        hasNull = true;
      }
      const block = this.#blockOf(combination);
      let at = (combination % this.#combinationsPerBlock) * this.#cellsPerCombination + t;
      for (const [m, measure] of layout.measures.entries()) {
        this.#addGroup(block, at, m, group, measure, rows);
        at += this.#intervalCount;
      }
      const whole = numberAt(group, layout.whole);
      const invalid = this.#isCount.includes(true) ? 0 : layout.none < 0 ? rows - whole : numberAt(group, layout.none);
      this.invalid += invalid;
      this.partial += hasNull ? rows - invalid : rows - invalid - whole;
    }
  }

  /** The interval that all rows of a line lie in; −1 where they lie in none, and are counted here. */
  #intervalOfGroup(first: Cell, last: Cell, rows: number): number {
    const firstMs = first === null ? NaN : this.#readTimestamp(first);
    const lastMs = last === null ? NaN : this.#readTimestamp(last);
    if (Number.isNaN(firstMs) && Number.isNaN(lastMs)) {
      this.#countWithoutTimestamp(first, rows);
      return -1;
    }
    const t = this.#intervalOf(firstMs);
    const isBefore = firstMs < this.#startMs[0]! && lastMs < this.#startMs[0]!;
    const isAfter = firstMs >= this.#endMs && lastMs >= this.#endMs;
    if (isBefore || isAfter) {
      this.outside += rows;
      return -1;
    }
    if (t < 0 || t !== this.#intervalOf(lastMs)) throw new NotAggregable("rows of two intervals came as one");
    this.maxTimestampMs = Math.max(this.maxTimestampMs, firstMs, lastMs);
    return t;
  }

  #addGroup(block: Block, at: number, m: number, group: readonly Cell[], layout: MeasureLayout, rows: number): void {
    const count = numberAt(group, layout.count);
    const nans = numberAt(group, layout.nans);
    const infinites = numberAt(group, layout.infinites);
    this.reasons.nanMeasure += nans;
    this.reasons.infiniteMeasure += infinites;
    if (layout.ratio !== null) {
      const { weight, weightNans, nulls } = layout.ratio;
      const nullCount = numberAt(group, nulls);
      const nanWeights = numberAt(group, weightNans);
      const nullWeights = rows - count - nullCount - nans - nanWeights;
      this.reasons.nullMeasure += nullCount + nullWeights;
      this.reasons.nanMeasure += nanWeights;
      this.emptyCells[this.#columns.measures[m]!]! += nullCount;
      this.emptyCells[this.#columns.denominators[m]!]! += nullWeights;
      if (count === 0) return;
      addUnits(block, at, numberAt(group, layout.value), this.#columns.scales[m]!);
      addUnits(block.denominators!, at, numberAt(group, weight), this.#columns.denominatorScales[m]!);
      block.denominators!.counts[at]! += count;
      block.counts[at]! += count;
      return;
    }
    const nullCount = rows - count - nans - infinites;
    this.emptyCells[this.#columns.measures[m]!]! += nullCount;
    const { aggregation } = this.#config.measures[m]!;
    if (aggregation !== "COUNT") this.reasons.nullMeasure += nullCount;
    if (count === 0) return;
    const value = numberAt(group, layout.value);
    if (aggregation === "COUNT") block.values[at]! += value;
    else if (aggregation === "MIN") block.values[at] = block.counts[at] === 0 ? value : Math.min(value, block.values[at]!);
    else if (aggregation === "MAX") block.values[at] = block.counts[at] === 0 ? value : Math.max(value, block.values[at]!);
    else addUnits(block, at, value, this.#columns.scales[m]!);
    block.counts[at]! += count;
  }

  /** [interval] 1 where it is one of `within`. */
  #intervalsWithin(within: readonly Interval[]): Uint8Array {
    if (this.#within?.of === within) return this.#within.counts;
    const counts = Uint8Array.from(this.#startMs, (startMs) => (within.some((interval) => startMs >= interval.startMs && startMs < interval.endMs) ? 1 : 0));
    this.#within = { of: within, counts };
    return counts;
  }

  counts(): RowCounts {
    const reasons: Record<string, number> = {};
    for (const [key, text] of Object.entries(REASON_TEXTS)) {
      const count = this.reasons[key as keyof Reasons]; // the keys of REASON_TEXTS are those of Reasons
      if (count > 0) reasons[text] = count;
    }
    return { processed: this.processed, invalid: this.invalid, partial: this.partial, outside: this.outside, reasons };
  }

  /**
   * The aggregated values of all leaves from interval `from` on. Ends the table's life: its blocks are given back one by
   * one as they are copied, so that the peak is not twice the history.
   */
  take(from = 0): LeafValues {
    const leaves = this.#sortedLeaves();
    const length = this.#intervalCount - from;
    const values = new Float64Array(leaves.length * length).fill(NaN);
    const counts = new Float64Array(leaves.length * length);
    const places = new Map<number, number>();
    leaves.forEach(({ number }, place) => places.set(number, place));
    for (let b = 0; b < this.#blocks.length; b++) {
      const block = this.#blocks[b]!;
      const first = b * this.#combinationsPerBlock;
      const end = Math.min(first + this.#combinationsPerBlock, this.#combinations.count);
      for (let number = first * this.#measureCount; number < end * this.#measureCount; number++) {
        const source = (number - first * this.#measureCount) * this.#intervalCount + from;
        this.#finish(block, source, length, number % this.#measureCount, values, counts, places.get(number)! * length);
      }
      this.#blocks[b] = EMPTY_BLOCK;
    }
    return { keys: leaves.map((leaf) => leaf.key), values, counts };
  }

  #sortedLeaves(): { number: number; key: SeriesKey }[] {
    if (this.#blocks.length === 0) return [];
    const leaves: { number: number; key: SeriesKey; text: string }[] = [];
    for (let combination = 0; combination < this.#combinations.count; combination++) {
      const values = this.#combinations.valuesOf(combination);
      const pairs = this.#config.dimensions.map((name, d) => ({ name, value: values[d]! }));
      for (let m = 0; m < this.#measureCount; m++) {
        const key = seriesKey(this.#config.measures[m]!.name, pairs);
        leaves.push({ number: combination * this.#measureCount + m, key, text: seriesKeyText(key) });
      }
    }
    // By code units, the same on every machine.
    return leaves.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  }

  #finish(block: Block, source: number, length: number, measure: number, values: Float64Array, counts: Float64Array, target: number): void {
    const { aggregation, denominator } = this.#config.measures[measure]!;
    const scale = isSum(aggregation) ? this.#columns.scales[measure]! : null;
    const weightScale = this.#columns.denominatorScales[measure]!;
    for (let t = 0; t < length; t++) {
      // A ratio's weight is its denominator: a mean of ratios so weighted is the ratio of the sums.
      const count = denominator === undefined ? block.counts[source + t]! : sumAt(block.denominators!, source + t, weightScale);
      if (!(count > 0)) continue;
      counts[target + t] = count;
      let value = sumAt(block, source + t, scale) + 0; // of 0 and −0 the order of the rows would decide
      if (aggregation === "AVG") value /= count;
      if (!Number.isFinite(value)) {
        this.reasons.sumOutOfRange += 1;
        value = NaN;
      }
      values[target + t] = value;
    }
  }

  #blockOf(combination: number): Block {
    const index = Math.floor(combination / this.#combinationsPerBlock);
    const known = this.#blocks[index];
    if (known !== undefined && combination < this.#combinationsMax) return known;
    if (combination >= this.#combinationsMax) throw this.#tooManySeries();
    const cells = this.#combinationsPerBlock * this.#cellsPerCombination;
    const empty = () => ({ values: new Float64Array(cells), counts: new Uint32Array(cells), lost: null, rounded: null });
    const block: Block = { ...empty(), denominators: this.#hasRatios ? { ...empty(), denominators: null } : null };
    this.#blocks.push(block);
    return block;
  }

  #tooManySeries(): SourceError {
    const { seriesMax } = this.#config.limits;
    if ((this.#combinationsMax + 1) * this.#measureCount > seriesMax) {
      return new SourceError(`the query gives more than ${seriesMax} series (limits.seriesMax)`, {
        code: "LIMIT",
        transient: false,
        advice: "A dimension with very many values (an id?) is the usual reason; take it out or group it in the query, or raise limits.seriesMax.",
      });
    }
    return new SourceError(`${this.#combinationsMax * this.#measureCount} series of ${this.#intervalCount} intervals are more than fit in memory (CELLS_MAX, ${CELLS_MAX} cells)`, {
      code: "LIMIT",
      transient: false,
      advice: "Ask for fewer intervals (history.intervalsMax) or for fewer series.",
    });
  }

  /** Rows come in runs of one interval, or nearly: look where the last one was, then where it should be, then search. */
  #intervalOf(ms: number): number {
    const starts = this.#startMs;
    let t = this.#interval;
    if (ms >= starts[t]! && ms < (t + 1 < this.#intervalCount ? starts[t + 1]! : this.#endMs)) return t;
    if (!(ms >= starts[0]! && ms < this.#endMs)) return -1;
    t = Math.floor(((ms - starts[0]!) / (this.#endMs - starts[0]!)) * this.#intervalCount);
    if (t >= this.#intervalCount || !(ms >= starts[t]! && ms < (t + 1 < this.#intervalCount ? starts[t + 1]! : this.#endMs))) {
      let low = 0;
      let high = this.#intervalCount;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (starts[middle]! <= ms) low = middle;
        else high = middle;
      }
      t = low;
    }
    this.#interval = t;
    return t;
  }

  /** Texts may hold numbers. NaN for the rest. */
  #numberIn(cell: Cell): number {
    return typeof cell === "string" && cell.trim() !== "" ? Number(cell) : NaN;
  }

  #countUnusable(cell: Cell, column: number, value: number, isCount = false): void {
    if (cell === null) {
      this.emptyCells[column]! += 1;
      if (!isCount) this.reasons.nullMeasure += 1;
    } else if (value === Infinity || value === -Infinity) this.reasons.infiniteMeasure += 1;
    else if (typeof cell === "number" || /^\s*nan\s*$/i.test(String(cell))) this.reasons.nanMeasure += 1;
    else this.reasons.textMeasure += 1;
  }

  #countWithoutTimestamp(cell: Cell, rows = 1): void {
    this.invalid += rows;
    if (cell === null || cell === "") {
      this.reasons.noTimestamp += rows;
      this.emptyCells[this.#columns.timestamp]! += rows;
    } else {
      this.reasons.unreadableTimestamp += rows;
    }
  }
}

/** The number of a line of the database; 0 where the layout has none, and for the sum of no row. */
function numberAt(group: readonly Cell[], index: number): number {
  return index < 0 ? 0 : Number(group[index] ?? 0);
}

function isSum(aggregation: MeasureConfig["aggregation"]): boolean {
  return aggregation === "SUM" || aggregation === "AVG";
}
