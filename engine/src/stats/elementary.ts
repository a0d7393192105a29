/**
 * exp, ln and pow that give the same bytes on every machine. `Math.exp`, `Math.log` and `Math.pow` may differ in the
 * last bit between JavaScript engines, and a state that is off by one bit is no longer the state of a replay. Here
 * only IEEE additions, multiplications, divisions and exact bit moves are used.
 *
 * Relative error ≤ 1e-13 (tests compare with Math.*). About 5 ns each.
 */

const bits = new Float64Array(1);
const words = new Uint32Array(bits.buffer);
bits[0] = 1;
const HIGH = words[1] !== 0 ? 1 : 0; // which word holds the exponent: 1 on little-endian machines

// Powers of two from a table instead of bit writes: two 32-bit stores under a 64-bit load stall the processor.
const POWER_MIN = -1074;
const POWER_ZERO = -POWER_MIN; // where 2^0 is
const POWERS = new Float64Array(1024 - POWER_MIN);
for (let k = 0, x = 1; k < 1024; k++, x *= 2) POWERS[k - POWER_MIN] = x;
for (let k = -1, x = 0.5; k >= POWER_MIN; k--, x *= 0.5) POWERS[k - POWER_MIN] = x;

const LN2 = 0.6931471805599453;
const LN2_HIGH = 6.9314718036912381649e-1; // as in fdlibm: k · LN2_HIGH is exact for |k| < 2^20
const LN2_LOW = 1.90821492927058770002e-10;
const LOG2_E = 1.4426950408889634;
const SQRT2 = 1.4142135623730951;
const SMALLEST_NORMAL = 2.2250738585072014e-308;

// Tables: ln(1 + i/128) with its reciprocal and 2^(i/64). Built by the slow functions at the end of the file.
const LN_STEPS = 128;
const RECIPROCALS = new Float64Array(LN_STEPS + 1);
const LOGARITHMS = new Float64Array(LN_STEPS + 1);
const EXP_STEPS_LOG2 = 6;
const EXP_STEPS = 64;
const ROOTS = new Float64Array(EXP_STEPS);
const STEPS_PER_NAT = EXP_STEPS * LOG2_E;
const STEP_HIGH = LN2_HIGH / EXP_STEPS;
const STEP_LOW = LN2_LOW / EXP_STEPS;

// Written as numbers, not as quotients, and with the odd cases in functions of their own: then V8 finds `ln` and `exp`
// small enough to put them into the loops that call them.
const THIRD = 0.3333333333333333;
const SIXTH = 0.16666666666666666;
const TWENTY_FOURTH = 0.041666666666666664;
const HUNDRED_TWENTIETH = 0.008333333333333333;

/** Natural logarithm; −Infinity for 0 and subnormal numbers, NaN below. */
export function ln(x: number): number {
  if (!(x >= SMALLEST_NORMAL && x < Infinity)) return lnAtTheEnds(x);
  bits[0] = x;
  const high = words[HIGH];
  const exponent = (high >>> 20) - 1023;
  const i = ((high & 0xfffff) + 0x1000) >>> 13; // nearest of 128 steps
  const r = x * POWERS[POWER_ZERO - exponent] * RECIPROCALS[i] - 1; // |r| ≤ 2^−8
  return exponent * LN2 + LOGARITHMS[i] + r * (1 - r * (0.5 - r * (THIRD - r * (0.25 - r * 0.2))));
}

/** e to the x; 0 below −700, capped at exp(700) above, so that no infinity enters a state. */
export function exp(x: number): number {
  if (!(x >= -700 && x <= 700)) return expAtTheEnds(x);
  const k = Math.floor(x * STEPS_PER_NAT + 0.5);
  const r = x - k * STEP_HIGH - k * STEP_LOW; // |r| ≤ 0.0055
  const p = 1 + r * (1 + r * (0.5 + r * (SIXTH + r * (TWENTY_FOURTH + r * HUNDRED_TWENTIETH))));
  return p * ROOTS[k & (EXP_STEPS - 1)] * POWERS[POWER_ZERO + (k >> EXP_STEPS_LOG2)];
}

function lnAtTheEnds(x: number): number {
  if (x === Infinity) return Infinity;
  return x >= 0 ? -Infinity : NaN;
}

function expAtTheEnds(x: number): number {
  if (x > 700) return exp(700);
  return x < -700 ? 0 : NaN;
}

const ONE_THIRD_OF_OCTAVE = 272546; // mantissas of 2^(1/3) and 2^(2/3), to 20 bits
const TWO_THIRDS_OF_OCTAVE = 615934;

/** ⌊3 · log2 x⌋ for a normal x > 0: bins of a third of an octave; borders are right to six digits. */
export function thirdsOfOctave(x: number): number {
  bits[0] = x;
  const high = words[HIGH];
  const mantissa = high & 0xfffff;
  return 3 * ((high >>> 20) - 1023) + (mantissa > TWO_THIRDS_OF_OCTAVE ? 2 : mantissa > ONE_THIRD_OF_OCTAVE ? 1 : 0);
}

/** x to the a, for x > 0. */
export function pow(x: number, a: number): number {
  return exp(a * ln(x));
}

for (let i = 0; i <= LN_STEPS; i++) {
  RECIPROCALS[i] = 1 / (1 + i / LN_STEPS);
  LOGARITHMS[i] = slowLn(1 + i / LN_STEPS);
}
for (let i = 0; i < EXP_STEPS; i++) ROOTS[i] = slowExp((i / EXP_STEPS) * LN2);

/** ln of 1 ≤ x ≤ 2 by the series of artanh, for the tables. */
function slowLn(x: number): number {
  const m = x > SQRT2 ? 0.5 * x : x;
  const s = (m - 1) / (m + 1); // |s| ≤ 0.1716
  const w = s * s;
  let series = 0;
  for (let k = 19; k >= 3; k -= 2) series = (series + 1 / k) * w;
  return (x > SQRT2 ? LN2 : 0) + 2 * s * (1 + series);
}

/** e to the x, −40 ≤ x ≤ 1, for the tables. */
function slowExp(x: number): number {
  const k = Math.floor(x * LOG2_E + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW; // |r| ≤ 0.3466
  let p = 1;
  for (let n = 14; n >= 1; n--) p = 1 + (p * r) / n;
  return p * POWERS[k - POWER_MIN];
}
