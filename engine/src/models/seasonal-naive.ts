import type { Model } from "./model.ts";

const COUNT = 0; // points seen
const SPREAD = 1; // running mean of |value − value one season ago|
const LAST = 2; // [dayLength] the last value at each position

/** Expects what was there one season ago. The baseline that a model must beat to be worth its state. */
export const seasonalNaive: Model = {
  name: "seasonal naive",
  stateLength: (rhythm) => LAST + rhythm.dayLength,
  start(state) {
    state.fill(NaN, LAST);
    state[COUNT] = 0;
    state[SPREAD] = 0;
  },
  score(state, _rhythm, { inDay }, value) {
    const expected = state[LAST + inDay];
    if (!Number.isFinite(value) || Number.isNaN(expected)) return { expected, score: NaN };
    const away = Math.abs(value - expected);
    return { expected, score: away === 0 ? 0 : Math.min(1000, away / state[SPREAD]) };
  },
  learn(state, _rhythm, { inDay }, value) {
    if (!Number.isFinite(value)) return;
    const expected = state[LAST + inDay];
    state[LAST + inDay] = value;
    if (Number.isNaN(expected)) return;
    const away = Math.abs(value - expected);
    const count = state[COUNT];
    // Clipped, so that one spike does not hide the next; a spread of 0 takes the first deviation as it is.
    const seen = count < 10 || state[SPREAD] === 0 ? away : Math.min(away, 6 * state[SPREAD]);
    state[SPREAD] += (seen - state[SPREAD]) * Math.max(0.01, 1 / (count + 1));
    state[COUNT] = count + 1;
  },
};
