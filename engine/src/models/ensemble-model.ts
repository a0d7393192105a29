import { rememberPoint } from "../anomalies/rules.ts";
import { usable } from "../scores/judge.ts";
import { startState } from "./ensemble.ts";
import { judgePoint } from "./judge-point.ts";
import { learnPoint } from "./learn-point.ts";
import { J_EXPECTED, J_SCORE, JUDGED } from "./judged.ts";
import type { Model } from "./model.ts";
import { layoutOf } from "./state-layout.ts";

const floats = (state: Float64Array) => new Float32Array(state.buffer, state.byteOffset, state.length * 2);

/** The product's model behind the contract. @see ensemble.ts */
export const ensemble: Model = {
  name: "ensemble",
  stateLength: (rhythm) => layoutOf(rhythm).stateLength,
  start: (state, rhythm) => startState(state, floats(state), 0, layoutOf(rhythm)),
  score(state, rhythm, { inDay, hourOfWeek }, value) {
    judgePoint(state, floats(state), 0, layoutOf(rhythm), inDay, hourOfWeek, usable(value));
    return { expected: JUDGED[J_EXPECTED], score: JUDGED[J_SCORE] };
  },
  learn(state, rhythm, { inDay, hourOfWeek }, value) {
    const f = floats(state);
    const layout = layoutOf(rhythm);
    judgePoint(state, f, 0, layout, inDay, hourOfWeek, usable(value));
    rememberPoint(state, f, 0, layout, inDay, usable(value), true);
    learnPoint(state, f, 0, layout, inDay, hourOfWeek, usable(value));
  },
};
