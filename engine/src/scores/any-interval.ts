/**
 * Rhythm and positions for files of any interval: detectors have four frequencies, files on disk have what they have
 * (30 minutes, 15 minutes, 6 hours). Where the length is one of the four, everything equals a live detector's.
 */
import { toLocalMs } from "../time/local-time.ts";
import { rhythmOf } from "../time/rhythm.ts";
import type { Rhythm } from "../time/rhythm.ts";

const DAY_SECONDS = 86_400;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * DAY_MS;
const MONDAY_MS = 4 * DAY_MS; // 1970-01-05 was a Monday

/** The rhythm of an interval length; shorter than 5 minutes shares 5-minute positions, a day and more those of days. */
export function rhythmOfSeconds(seconds: number): Rhythm {
  if (seconds <= 300) return rhythmOf("PT5M");
  if (seconds === 600) return rhythmOf("PT10M");
  if (seconds === 3600) return rhythmOf("PT1H");
  if (seconds >= DAY_SECONDS) return rhythmOf("P1D");
  // Named after the nearest frequency, since no state of it is ever stored.
  const frequency = seconds < 1800 ? "PT10M" : "PT1H";
  return { frequency, intervalSeconds: seconds, dayLength: Math.round(DAY_SECONDS / seconds), weekLength: 168 };
}

/**
 * Positions of intervals from their starts.
 *
 * @param startMs  [interval] epoch milliseconds
 * @param zone     IANA name of the data's zone
 * @returns inDay [interval], hourOfWeek [interval]
 */
export function positionsOf(
  startMs: ArrayLike<number>,
  rhythm: Rhythm,
  zone: string,
): { inDay: Uint16Array; hourOfWeek: Uint8Array } {
  const inDay = new Uint16Array(startMs.length);
  const hourOfWeek = new Uint8Array(startMs.length);
  const intervalMs = Math.max(300, rhythm.intervalSeconds) * 1000;
  for (let t = 0; t < startMs.length; t++) {
    const localMs = toLocalMs(startMs[t], zone);
    const inWeekMs = modulo(localMs - MONDAY_MS, WEEK_MS);
    if (rhythm.weekLength === 0) inDay[t] = Math.floor(inWeekMs / DAY_MS);
    else {
      inDay[t] = Math.min(rhythm.dayLength - 1, Math.floor(modulo(localMs, DAY_MS) / intervalMs));
      hourOfWeek[t] = Math.floor(inWeekMs / HOUR_MS);
    }
  }
  return { inDay, hourOfWeek };
}

function modulo(value: number, length: number): number {
  const rest = value % length;
  return rest < 0 ? rest + length : rest;
}
