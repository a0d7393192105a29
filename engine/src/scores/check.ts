/**
 * Bad input is refused before anything is judged or learned, with the series and what would be right. Whatever passes
 * here is trusted below.
 */
import { EngineError } from "../models/engine-error.ts";
import { D_LEARNED_UNTIL, layoutOf } from "../models/state-layout.ts";
import type { StateLayout } from "../models/state-layout.ts";
import type { SeriesStates } from "../models/states.ts";
import type { Position } from "../time/rhythm.ts";
import type { IntervalInput, MeasureSettings } from "./judgement.ts";

/** @throws EngineError STATE_LENGTH when the array does not hold as many slots as its series need */
export function checkStates({ seriesCount, stateLength, rhythm, data }: SeriesStates): void {
  const needed = layoutOf(rhythm).stateLength;
  if (stateLength !== needed || data.length !== seriesCount * needed) {
    const whole = Math.floor(data.length / needed);
    throw new EngineError(
      "STATE_LENGTH",
      `${seriesCount} ${rhythm.frequency} states take ${seriesCount} × ${needed} slots; got ${data.length}, ${stateLength} a series`,
      whole < seriesCount ? whole : undefined,
    );
  }
}

/** @throws EngineError SERIES_COUNT when there is no such series */
export function checkSeries(states: SeriesStates, series: number): void {
  if (Number.isInteger(series) && series >= 0 && series < states.seriesCount) return;
  throw new EngineError("SERIES_COUNT", `there is no series ${series}: there are ${states.seriesCount}, counted from 0`, series);
}

/** @throws EngineError POSITION */
export function checkPosition(layout: StateLayout, { inDay, hourOfWeek }: Position): void {
  if (!Number.isInteger(inDay) || inDay < 0 || inDay >= layout.dayLength) {
    throw new EngineError("POSITION", `position ${inDay} is not in a season of ${layout.dayLength} intervals, counted from 0`);
  }
  if (layout.weekLength > 0 && (!Number.isInteger(hourOfWeek) || hourOfWeek < 0 || hourOfWeek >= layout.weekLength)) {
    throw new EngineError("POSITION", `hour of week ${hourOfWeek} is not in 0 … ${layout.weekLength - 1}`);
  }
}

/** @throws EngineError SETTINGS */
export function checkSettings({ severityMin, direction, effectMin, effectShareMin, volumeMin }: MeasureSettings): void {
  if (!(severityMin >= 0 && severityMin <= 100)) throw new EngineError("SETTINGS", `severityMin is ${severityMin}; it must be from 0 to 100`);
  if (direction !== "up" && direction !== "down" && direction !== "both") {
    throw new EngineError("SETTINGS", `direction is ${String(direction)}; it must be up, down or both`);
  }
  for (const [name, value] of Object.entries({ effectMin, effectShareMin, volumeMin })) {
    if (!(value >= 0)) throw new EngineError("SETTINGS", `${name} is ${value}; it must be a number from 0 up`);
  }
}

/** @throws EngineError for the first thing that does not fit the states */
export function checkInterval(states: SeriesStates, { startMs, values, position, settingsOf, settings }: IntervalInput): void {
  checkStates(states);
  const { seriesCount, stateLength, rhythm } = states;
  if (values.length !== seriesCount) {
    throw new EngineError("SERIES_COUNT", `the interval has ${values.length} values, the states ${seriesCount} series`);
  }
  if (settingsOf.length < seriesCount) {
    throw new EngineError("SERIES_COUNT", `settings are given for ${settingsOf.length} of ${seriesCount} series`, settingsOf.length);
  }
  checkPosition(layoutOf(rhythm), position);
  settings.forEach(checkSettings);
  if (!Number.isFinite(startMs)) throw new EngineError("POSITION", `startMs is ${startMs}; it must be epoch milliseconds`);
  for (let s = 0; s < seriesCount; s++) {
    const until = states.data[s * stateLength + D_LEARNED_UNTIL];
    if (until >= startMs) {
      throw new EngineError(
        "INTERVAL_OUT_OF_ORDER",
        `series ${s} has learned up to ${new Date(until).toISOString()}; it cannot be judged at ${new Date(startMs).toISOString()}`,
        s,
      );
    }
    if (settings[settingsOf[s]] === undefined) {
      throw new EngineError("SERIES_COUNT", `series ${s} has settings number ${settingsOf[s]} of ${settings.length}`, s);
    }
  }
}
