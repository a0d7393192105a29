/**
 * How rough a seed is. Each kind of fault is drawn by itself and often absent: a world in which everything fails all
 * the time never gets to the states in which the rare faults matter.
 */
import type { Random } from "@foretop/engine";

/** Probabilities per call (store, source, channel), per round of a process, or per interval (rows). */
export interface Weather {
  /** a statement is refused before it did anything */
  readonly storeRefuses: number;
  /** it was done, and the connection was lost before the answer */
  readonly storeAnswerLost: number;
  readonly diskFull: number;
  /** the process does not run for up to two intervals, then goes on where it was */
  readonly stalls: number;
  /** stalls right before a commit: the worker that comes back from the dead */
  readonly stallsAtCommit: number;
  readonly dies: number;
  readonly sourceFails: number;
  readonly sourceHangs: number;
  readonly sourceCuts: number;
  readonly sourceSlow: number;
  readonly channelFails: number;
  readonly channelHangs: number;
  readonly channelAnswerLost: number;
  readonly rowsLate: number;
  readonly rowsCorrected: number;
  readonly rowsDeleted: number;
  readonly rowsNew: number;
  /** of changes that come after the horizon, so that only a back-fill sees them */
  readonly beyondHorizon: number;
  /** somebody runs an interval again, runs a wrong one, merges segments, sends again */
  readonly meddles: number;
}

export const calm: Weather = {
  storeRefuses: 0, storeAnswerLost: 0, diskFull: 0, stalls: 0, stallsAtCommit: 0, dies: 0, sourceFails: 0, sourceHangs: 0, sourceCuts: 0, sourceSlow: 0,
  channelFails: 0, channelHangs: 0, channelAnswerLost: 0, rowsLate: 0, rowsCorrected: 0, rowsDeleted: 0, rowsNew: 0, beyondHorizon: 0, meddles: 0,
};

const ROUGHEST: Weather = {
  storeRefuses: 0.01, storeAnswerLost: 0.02, diskFull: 0.15, stalls: 0.01, stallsAtCommit: 0.2, dies: 0.006, sourceFails: 0.3, sourceHangs: 0.1, sourceCuts: 0.1, sourceSlow: 0.3,
  channelFails: 0.4, channelHangs: 0.15, channelAnswerLost: 0.2, rowsLate: 0.5, rowsCorrected: 0.3, rowsDeleted: 0.3, rowsNew: 0.15, beyondHorizon: 0.2, meddles: 0.06,
};

export function drawWeather(random: Random): Weather {
  const entries = Object.entries(ROUGHEST).map(([name, most]) => [name, random() < 0.5 ? 0 : random() * most]);
  return Object.fromEntries(entries) as unknown as Weather; // the same keys as ROUGHEST
}
