/**
 * `2026-03-01 10:00:00` (or with a T between, or a Z at the end) read where it lies. The first cell decides on the form; what has another one is NaN
 * here and leaves as text, to be read as always (crawl/parse-iso-timestamp.ts, crawl/compile-timestamp-format.ts): this is only ever faster, never
 * another answer.
 */
import { utcDayMs } from "../../crawl/parse-iso-timestamp.ts";

const [ZERO, DASH, COLON, SPACE, LETTER_T, LETTER_Z] = [48, 45, 58, 32, 84, 90];
const MINUTE_MS = 60_000;

export class TimestampBytes {
  /** " " or "T" between date and time; "" while no cell has been read */
  separator = "";
  /** whether it ends in Z */
  isUtc = false;
  readonly #separators: readonly number[];
  readonly #mayEndInZ: boolean;
  #between = 0;
  #length = 19;
  #day = -1;
  #dayMs = NaN;

  private constructor(separators: readonly number[], mayEndInZ: boolean) {
    this.#separators = separators;
    this.#mayEndInZ = mayEndInZ;
  }

  /** @param format  as configured; null where a pattern isn't this shape */
  static of(format: string | null): TimestampBytes | null {
    if (format === null) return new TimestampBytes([SPACE, LETTER_T], true);
    if (format === "yyyy-MM-dd HH:mm:ss") return new TimestampBytes([SPACE], false);
    return format === "yyyy-MM-dd'T'HH:mm:ss" ? new TimestampBytes([LETTER_T], false) : null;
  }

  /** What a clock shows, as ms as if it were UTC's. */
  read(bytes: Buffer, start: number, end: number): number {
    if (this.separator === "") this.#decide(bytes, start, end);
    if (end - start !== this.#length || bytes[start + 10] !== this.#between) return NaN;
    if (this.isUtc && bytes[start + 19] !== LETTER_Z) return NaN;
    if (bytes[start + 4] !== DASH || bytes[start + 7] !== DASH || bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return NaN;
    const year = two(bytes, start) * 100 + two(bytes, start + 2);
    const month = two(bytes, start + 5);
    const dayOfMonth = two(bytes, start + 8);
    const hour = two(bytes, start + 11);
    const minutes = two(bytes, start + 14);
    const seconds = two(bytes, start + 17);
    // Also where anything isn't a digit. Hour 24 and second 60 are left to those who know them.
    if (!(hour <= 23 && minutes <= 59 && seconds <= 59)) return NaN;
    const day = (year * 100 + month) * 100 + dayOfMonth;
    if (day !== this.#day) {
      this.#day = day;
      this.#dayMs = utcDayMs(year, month, dayOfMonth);
    }
    return this.#dayMs + (hour * 60 + minutes) * MINUTE_MS + seconds * 1000;
  }

  #decide(bytes: Buffer, start: number, end: number): void {
    const between = bytes[start + 10]!;
    const endsInZ = this.#mayEndInZ && end - start === 20 && bytes[start + 19] === LETTER_Z;
    if (!this.#separators.includes(between) || !(end - start === 19 || endsInZ)) return;
    this.#between = between;
    this.separator = String.fromCharCode(between);
    this.isUtc = endsInZ;
    this.#length = end - start;
  }
}

function two(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - ZERO;
  const ones = bytes[at + 1]! - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}
