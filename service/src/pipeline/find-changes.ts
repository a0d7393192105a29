/**
 * What a second reading of past intervals shows: which of them have other rows than were judged, and in words what
 * happened to them.
 */
import type { HistoryBatch, LeafBatch } from "../crawl/batch.ts";
import type { PointsSegment } from "../store/store.ts";
import type { JudgedBefore } from "./judged-intervals.ts";
import type { SeriesTable } from "./series-table.ts";

export interface RereadChanges {
  /** by interval start; empty when all is as it was */
  readonly batches: ReadonlyMap<number, LeafBatch>;
  readonly counts: ChangeCounts;
}

export interface ChangeCounts {
  readonly rowsMore: number;
  readonly rowsLess: number;
  /** of the interval that was read the longest ago */
  readonly latestMs: number;
}

/** Sums of the same rows in another order differ in the last bits: not a change. */
const SAME_SHARE = 1e-9;

export function findChanges(table: SeriesTable, reread: HistoryBatch, before: readonly JudgedBefore[], nowMs: number): RereadChanges {
  const intervalCount = reread.startMs.length;
  const batches = new Map<number, LeafBatch>();
  const stored = new StoredLeaves(table, table.numbersOf(reread.keys));
  let rowsMore = 0;
  let rowsLess = 0;
  let latestMs = 0;
  for (const { record, points } of before) {
    const t = reread.startMs.indexOf(record.interval.startMs);
    if (t < 0) continue;
    stored.load(points, record.interval.startMs);
    if (stored.isSame(reread, t, intervalCount)) continue;
    const change = reread.rowsPerInterval[t]! - (record.rows?.processed ?? 0);
    rowsMore += Math.max(0, change);
    rowsLess += Math.max(0, -change);
    latestMs = Math.max(latestMs, nowMs - record.knownAtMs);
    batches.set(record.interval.startMs, {
      interval: record.interval,
      ...leavesAt(reread, t, intervalCount),
      rows: { processed: reread.rowsPerInterval[t]!, invalid: 0, partial: 0, outside: 0, reasons: {} },
      quality: reread.quality,
      maxTimestampMs: reread.maxTimestampMs,
      attemptId: reread.attemptId,
      remark: null,
    });
  }
  return { batches, counts: { rowsMore, rowsLess, latestMs } };
}

/** The leaves that have rows in one interval, in order of their key. */
function leavesAt({ keys, values, counts }: HistoryBatch, t: number, intervalCount: number): Pick<LeafBatch, "keys" | "values" | "counts"> {
  const present: number[] = [];
  for (let leaf = 0; leaf < keys.length; leaf++) if (counts[leaf * intervalCount + t]! > 0) present.push(leaf);
  return {
    keys: present.map((leaf) => keys[leaf]!),
    values: Float64Array.from(present, (leaf) => values[leaf * intervalCount + t]!),
    counts: Float64Array.from(present, (leaf) => counts[leaf * intervalCount + t]!),
  };
}

/** What an interval's leaves were when it was judged, beside what they are now; the arrays serve one interval after the other. */
class StoredLeaves {
  readonly #table: SeriesTable;
  /** [leaf of the new reading] its number, −1 = not known */
  readonly #numbers: Int32Array;
  /** [series] */
  readonly #values: Float64Array;
  /** [series] 0 = had no rows */
  readonly #counts: Float64Array;
  #present = 0;

  constructor(table: SeriesTable, numbers: Int32Array) {
    this.#table = table;
    this.#numbers = numbers;
    this.#values = new Float64Array(table.count);
    this.#counts = new Float64Array(table.count);
  }

  load(points: PointsSegment | null, startMs: number): void {
    this.#counts.fill(0);
    this.#present = 0;
    if (points === null) return;
    for (let row = 0; row < points.startMs.length; row++) {
      const s = points.series[row]!;
      if (points.startMs[row] !== startMs || points.count[row] === 0 || !this.#table.stored[s]!.isLeaf) continue;
      this.#values[s] = points.value[row]!;
      this.#counts[s] = points.count[row]!;
      this.#present += 1;
    }
  }

  isSame({ values, counts }: HistoryBatch, t: number, intervalCount: number): boolean {
    let present = 0;
    for (let leaf = 0; leaf < this.#numbers.length; leaf++) {
      const count = counts[leaf * intervalCount + t]!;
      if (count === 0) continue;
      const s = this.#numbers[leaf]!;
      if (s < 0 || this.#counts[s] !== count || !isSameValue(this.#values[s]!, values[leaf * intervalCount + t]!)) return false;
      present += 1;
    }
    return present === this.#present;
  }
}

function isSameValue(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= SAME_SHARE * Math.max(Math.abs(a), Math.abs(b));
}

/** For people, e.g. "142 rows arrived late, up to 50 minutes after the interval was read". */
export function reasonOf({ rowsMore, rowsLess, latestMs }: ChangeCounts): string {
  const parts: string[] = [];
  if (rowsMore > 0) parts.push(`${rowsText(rowsMore)} arrived late, up to ${durationText(latestMs)} after the interval was read`);
  if (rowsLess > 0) parts.push(`${rowsText(rowsLess)} ${rowsLess === 1 ? "was" : "were"} deleted`);
  if (parts.length === 0) parts.push("rows were corrected");
  return parts.join("; ");
}

function rowsText(count: number): string {
  return `${count.toLocaleString("en-US")} row${count === 1 ? "" : "s"}`;
}

function durationText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minute${minutes === 1 ? "" : "s"}`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
