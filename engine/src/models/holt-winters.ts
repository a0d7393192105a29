import type { Model } from "./model.ts";

const COUNT = 0;
const LEVEL = 1;
const SPREAD = 2;
const PROFILE = 3; // [dayLength] additive, NaN = position not seen

const LEVEL_RATE = 0.3;
const PROFILE_RATE = 0.15;
const SPREAD_RATE = 0.01;
const GATE = 6; // spreads beyond which a residual is clipped before it is learned

/**
 * Additive Holt–Winters without trend (Winters 1960), learning residuals clipped at 6 spreads. The strongest simple
 * baseline on the labelled sets; `seasonal naive` and this one stand beside the ensemble in every result of the bench.
 */
export const holtWinters: Model = {
  name: "Holt-Winters",
  stateLength: (rhythm) => PROFILE + rhythm.dayLength,
  start(state) {
    state.fill(NaN, PROFILE);
    state[COUNT] = 0;
    state[LEVEL] = NaN;
    state[SPREAD] = 0;
  },
  score(state, _rhythm, { inDay }, value) {
    const profile = state[PROFILE + inDay];
    const expected = state[LEVEL] + (Number.isNaN(profile) ? 0 : profile);
    if (!Number.isFinite(value) || Number.isNaN(expected)) return { expected, score: NaN };
    const away = Math.abs(value - expected);
    return { expected, score: away === 0 ? 0 : Math.min(1000, away / state[SPREAD]) };
  },
  learn(state, rhythm, { inDay }, value) {
    if (!Number.isFinite(value)) return;
    if (Number.isNaN(state[LEVEL])) state[LEVEL] = value;
    const count = state[COUNT];
    state[COUNT] = count + 1;
    const profile = state[PROFILE + inDay];
    if (Number.isNaN(profile)) {
      // First season: the level is the mean so far, a position's first value its deviation from it.
      state[PROFILE + inDay] = value - state[LEVEL];
      state[LEVEL] += (value - state[LEVEL]) / (count + 1);
      return;
    }
    const residual = value - state[LEVEL] - profile;
    const size = Math.abs(residual);
    const free = count < 2 * rhythm.dayLength || state[SPREAD] === 0;
    const limit = free ? size : GATE * state[SPREAD];
    const learned = Math.max(-limit, Math.min(limit, residual));
    state[SPREAD] += (Math.min(size, limit) - state[SPREAD]) * Math.max(SPREAD_RATE, 1 / (count - rhythm.dayLength + 1));
    state[LEVEL] += LEVEL_RATE * learned;
    state[PROFILE + inDay] = profile + PROFILE_RATE * (1 - LEVEL_RATE) * learned;
  },
};
