import assert from "node:assert/strict";
import { test } from "vitest";
import { normal } from "../random/distributions.ts";
import { seededRandom } from "../random/seeded-random.ts";
import type { Frequency } from "../time/rhythm.ts";
import { FREQUENCIES, rhythmOf } from "../time/rhythm.ts";
import { startState } from "./ensemble.ts";
import { judgePoint } from "./judge-point.ts";
import { J_EXPECTED, J_INCIDENT_X, J_SPREAD, J_STACK, J_Z, JUDGED } from "./judged.ts";
import { learnPoint } from "./learn-point.ts";
import * as slots from "./state-layout.ts";

/**
 * The obvious version of what `judgePoint` computes for a series that knows its seasons: arrays instead of unrolled
 * lines, Math.exp and Math.pow instead of tables, the mixture written as its formula.
 */
function obviously(d: Float64Array, f: Float32Array, frequency: Frequency, inDay: number, hourOfWeek: number, value: number) {
  const layout = slots.layoutOf(rhythmOf(frequency));
  const { dayLength } = layout;
  const profile = f[layout.F_PROFILE + inDay];
  const week = layout.weekLength > 0 ? f[layout.F_WEEK + hourOfWeek] : 0;
  const ring = f[layout.F_RING + inDay];
  const ratio = f[layout.F_RATIO + (layout.ratioLength < dayLength ? inDay >> 1 : inDay)];
  const widened = 0.3 * (d[slots.D_MAX] - d[slots.D_MIN]);
  const inRange = (x: number) => Math.min(d[slots.D_MAX] + widened, Math.max(d[slots.D_MIN] - widened, x));
  const experts = [
    profile + d[slots.D_SLOW],
    profile + d[slots.D_FAST],
    d[slots.D_LEVEL],
    d[slots.D_LEVEL] + ring,
    profile + week + d[slots.D_WEEK_SLOW],
    profile + week + d[slots.D_WEEK_FAST],
    ratio * d[slots.D_RATIO_LEVEL],
    profile + d[slots.D_LAST_RESIDUAL],
    d[slots.D_TREND_LEVEL] + 0.9 * d[slots.D_TREND],
  ].map(inRange);

  const visits = d[slots.D_AGE] / dayLength;
  const global = d[slots.D_SPREAD_GLOBAL];
  const byHour = (visits * f[layout.F_SPREAD_HOUR + Math.floor(inDay / layout.pointsPerHour)] + 8 * global) / (visits + 8);
  const lately = Math.max(d[slots.D_SPREAD_FAST], 0.5 * global);
  const floor = Math.max(0.5 * d[slots.D_QUANTUM], 0.001 * Math.abs(d[slots.D_SLOW_LEVEL]), 0.1 * d[slots.D_MOVEMENT]);
  const mean = Math.pow(byHour, 0.4) * Math.pow(lately, 0.3) * Math.pow(d[slots.D_SPREAD_LONG], 0.3);
  const spread = Math.hypot(mean, floor);
  const unit = Math.hypot(global, floor);

  const x = experts.slice(1).map((expert) => Math.max(-8, Math.min(8, (expert - experts[0]) / unit)));
  const out = [...x, 1].reduce((sum, each, k) => sum + each * f[slots.F_WEIGHT + k], 0);
  const stack = Math.max(Math.min(...experts) - unit, Math.min(Math.max(...experts) + unit, experts[0] + unit * out));
  const members = [...experts, stack];
  const weights = members.map((_, k) => Math.exp(-5 * f[slots.F_LOSS + k]));
  const hedge = members.reduce((sum, member, k) => sum + weights[k] * member, 0) / weights.reduce((a, b) => a + b);
  const expected = 0.5 * (hedge + stack);
  return { stack, spread, expected, z: Math.abs(value - expected) / spread, disagreement: Math.max(...members) - Math.min(...members) };
}

for (const frequency of FREQUENCIES) {
  test(`${frequency}: expected, spread, stack and distance equal the obvious version`, () => {
    const rhythm = rhythmOf(frequency);
    const layout = slots.layoutOf(rhythm);
    const d = new Float64Array(layout.stateLength);
    const f = new Float32Array(d.buffer);
    for (let seed = 0; seed < 6; seed++) {
      const random = seededRandom(seed);
      startState(d, f, 0, layout);
      let compared = 0;
      for (let t = 0; t < 6 * rhythm.dayLength + 300; t++) {
        const inDay = t % rhythm.dayLength;
        const hourOfWeek = rhythm.weekLength === 0 ? 0 : Math.floor((t * 24) / rhythm.dayLength) % 168;
        const usual = 100 + 10 ** seed * Math.sin((2 * Math.PI * t) / rhythm.dayLength) + 4 * normal(random);
        const value = random() < 0.02 ? 3 * usual : usual;
        judgePoint(d, f, 0, layout, inDay, hourOfWeek, value);
        if (t > 2 * rhythm.dayLength) {
          const wanted = obviously(d, f, frequency, inDay, hourOfWeek, value);
          const close = (actual: number, other: number, tolerance: number, what: string) =>
            assert.ok(Math.abs(actual - other) <= tolerance, `seed ${seed}, ${t}, ${what}: ${actual}, obviously ${other}`);
          close(JUDGED[J_SPREAD], wanted.spread, 1e-10 * wanted.spread, "spread");
          close(JUDGED[J_STACK], wanted.stack, 1e-9 * (Math.abs(wanted.stack) + wanted.disagreement), "stack");
          // The hedge's weights come by steps of 1/128 in their exponent.
          const coarse = wanted.disagreement / 128 + 1e-9 * Math.abs(wanted.expected);
          close(JUDGED[J_EXPECTED], wanted.expected, coarse, "expected");
          close(JUDGED[J_Z], Math.min(1000, wanted.z), coarse / wanted.spread + 1e-9 * wanted.z, "z");
          assert.ok(JUDGED[J_INCIDENT_X] >= 0);
          compared++;
        }
        learnPoint(d, f, 0, layout, inDay, hourOfWeek, value);
      }
      assert.ok(compared > 200);
    }
  });
}
