import { exp, ln, thirdsOfOctave } from "../stats/elementary.ts";
import * as judged from "./judged.ts";
import * as slots from "./state-layout.ts";
import type { StateLayout } from "./state-layout.ts";

// Copies, for speed: constants.ts says why.
const { JUDGED, J_GLOBAL_Z, J_LN_Z, J_SHIFT_RAW, J_Z } = judged;
const {
  COARSE_BINS,
  F_BLOCKS,
  F_BLOCK_DEVIATION_DOWN,
  F_BLOCK_DEVIATION_UP,
  F_BLOCK_DOWN,
  F_BLOCK_MEAN_DOWN,
  F_BLOCK_MEAN_UP,
  F_BLOCK_POINTS,
  F_BLOCK_UP,
  F_Q_DOWN,
  F_Q_GLOBAL,
  F_Q_SHIFT,
  F_Q_UP,
  F_STRETCH_DOWN,
  F_STRETCH_UP,
  F_TAIL_AGE,
  F_TAIL_DOWN,
  F_TAIL_GLOBAL,
  F_TAIL_POINTS,
  F_TAIL_SHIFT,
  F_TAIL_UP,
  TAIL_BINS,
} = slots;

const STRETCH_MAX = 1.3;
const STRETCH_REFERENCE = 0.3; // mean log excess of the top 5 %: 0.17 for normal data, 0.38 for Student's t(3)
const TAIL_LOWEST = 0.5; // the histogram's first level
const LN_TAIL_LOWEST = -0.6931471805599453;
const TAIL_PER_OCTAVE = 6;
const COARSE_PER_OCTAVE = 3;
const LN2 = 0.6931471805599453;
const TAIL_WEIGHT = 20; // exceedances the reference is worth
const TAIL_REFIT = 32;
const TAIL_HALVED = 20_000;
const LN_REF_05 = ln(2.2);
const LN_REF_01 = ln(3.3);
const LN_REF_001 = ln(5.6);
const LN_STEP_01 = ln(1.5);
const LN_STEP_001 = ln(1.7);
const BLOCK_LEAST = 2;

/** Histogram, block maxima and their Q, of the side the point lies on. */
export function learnTail(f: Float32Array, c: number, layout: StateLayout, up: boolean): void {
  const z = JUDGED[J_Z];
  const lnZ = JUDGED[J_LN_Z];
  if (lnZ > LN_TAIL_LOWEST) {
    let bin = Math.floor((lnZ - LN_TAIL_LOWEST) * (TAIL_PER_OCTAVE / LN2));
    if (bin >= TAIL_BINS) bin = TAIL_BINS - 1;
    f[c + (up ? F_TAIL_UP : F_TAIL_DOWN) + bin] += 1;
  }
  addCoarse(f, c + F_TAIL_GLOBAL, JUDGED[J_GLOBAL_Z]);
  addCoarse(f, c + F_TAIL_SHIFT, JUDGED[J_SHIFT_RAW]);
  const block = c + (up ? F_BLOCK_UP : F_BLOCK_DOWN);
  if (z > f[block]) f[block] = z;
  let total = f[c + F_TAIL_POINTS] + 1;
  if (total >= TAIL_HALVED) {
    total *= 0.5;
    for (let k = c + F_TAIL_UP; k < c + F_TAIL_SHIFT + COARSE_BINS; k++) f[k] *= 0.5;
  }
  f[c + F_TAIL_POINTS] = total;

  const blockPoints = f[c + F_BLOCK_POINTS] + 1;
  if (blockPoints >= blockLength(layout)) {
    f[c + F_BLOCK_POINTS] = 0;
    const blocks = f[c + F_BLOCKS] + 1;
    f[c + F_BLOCKS] = blocks;
    const k = 1 / Math.min(blocks + 10, 40); // as if 10 blocks of the reference had been seen
    endBlock(f, c + F_BLOCK_UP, c + F_BLOCK_MEAN_UP, c + F_BLOCK_DEVIATION_UP, k);
    endBlock(f, c + F_BLOCK_DOWN, c + F_BLOCK_MEAN_DOWN, c + F_BLOCK_DEVIATION_DOWN, k);
  } else f[c + F_BLOCK_POINTS] = blockPoints;

  const tailAge = f[c + F_TAIL_AGE] + 1;
  if (tailAge >= TAIL_REFIT) {
    f[c + F_TAIL_AGE] = 0;
    const reference = blockMeanReference(layout);
    f[c + F_Q_UP] = exp(
      lnQuantileTerm(f, c + F_TAIL_UP, TAIL_BINS, TAIL_PER_OCTAVE, 0.5 * total, 0.3, 0.1, 0.1) +
        0.6 * (f[c + F_BLOCK_MEAN_UP] - reference),
    );
    f[c + F_Q_DOWN] = exp(
      lnQuantileTerm(f, c + F_TAIL_DOWN, TAIL_BINS, TAIL_PER_OCTAVE, 0.5 * total, 0.3, 0.1, 0.1) +
        0.6 * (f[c + F_BLOCK_MEAN_DOWN] - reference),
    );
    f[c + F_STRETCH_UP] = stretchOf(f, c + F_TAIL_UP, 0.5 * total);
    f[c + F_STRETCH_DOWN] = stretchOf(f, c + F_TAIL_DOWN, 0.5 * total);
    f[c + F_Q_GLOBAL] = exp(
      lnQuantileTerm(f, c + F_TAIL_GLOBAL, COARSE_BINS, COARSE_PER_OCTAVE, total, 0.3, 0.3, 0.3),
    );
    f[c + F_Q_SHIFT] = exp(lnQuantileTerm(f, c + F_TAIL_SHIFT, COARSE_BINS, COARSE_PER_OCTAVE, total, 0.3, 0.3, 0.3));
  } else f[c + F_TAIL_AGE] = tailAge;
}

function endBlock(f: Float32Array, max: number, mean: number, deviation: number, k: number): void {
  // A block in which nothing reaches 2 spreads says only that: a series of zeros with bursts has many such days.
  const lnMax = ln(f[max] > BLOCK_LEAST ? f[max] : BLOCK_LEAST);
  const v = f[deviation];
  const above = lnMax - f[mean];
  const away = Math.abs(above);
  f[mean] += k * (above < 2 * v ? above : 2 * v); // one incident in the history must not hide the next

  f[deviation] = v + k * ((away < 3 * v ? away : 3 * v) - v);
  f[max] = 0;
}

function addCoarse(f: Float32Array, bins: number, x: number): void {
  if (!(x > TAIL_LOWEST)) return;
  let bin = thirdsOfOctave(x) + COARSE_PER_OCTAVE; // the first bin begins at 1/2
  if (bin >= COARSE_BINS) bin = COARSE_BINS - 1;
  f[bins + bin] += 1;
}

/**
 * Σ exponent · ln(quantile / reference) over the levels exceeded by 5 %, 1 % and 0.1 % of `total` points. Each
 * quantile is pulled to its reference with the weight of 20 exceedances, so that short histories change little.
 */
export function lnQuantileTerm(
  f: Float32Array,
  bins: number,
  binCount: number,
  perOctave: number,
  total: number,
  a05: number,
  a01: number,
  a001: number,
): number {
  let above = 0;
  let bin = binCount;
  let sought = 0.001 * total;
  let m = sought;
  while (bin > 0 && above < sought) above += f[bins + --bin];
  const seen001 = lnLevel(f, bins, bin, above, sought, perOctave);
  sought = 0.01 * total;
  while (bin > 0 && above < sought) above += f[bins + --bin];
  const seen01 = lnLevel(f, bins, bin, above, sought, perOctave);
  sought = 0.05 * total;
  while (bin > 0 && above < sought) above += f[bins + --bin];
  const seen05 = lnLevel(f, bins, bin, above, sought, perOctave);
  m = 0.1 * total; // of both sides: what one side has seen says something about the other
  const q05 = (m * seen05 + TAIL_WEIGHT * LN_REF_05) / (m + TAIL_WEIGHT);
  m = 0.02 * total;
  const q01 = (m * seen01 + TAIL_WEIGHT * (q05 + LN_STEP_01)) / (m + TAIL_WEIGHT);
  m = 0.002 * total;
  const q001 = (m * seen001 + TAIL_WEIGHT * (q01 + LN_STEP_001)) / (m + TAIL_WEIGHT);
  return a05 * (q05 - LN_REF_05) + a01 * (q01 - LN_REF_01) + a001 * (q001 - LN_REF_001);
}

/** Hill's mean log excess over the level that 5 % reach, as an exponent ≥ 1 where it is smaller than the reference. */
export function stretchOf(f: Float32Array, bins: number, total: number): number {
  const sought = 0.05 * total;
  let above = 0;
  let sum = 0;
  let bin = TAIL_BINS;
  while (bin > 0 && above < sought) {
    bin--;
    above += f[bins + bin];
    sum += f[bins + bin] * bin;
  }
  if (above === 0) return 1;
  const excess = ((sum / above - bin + 0.5) * LN2) / TAIL_PER_OCTAVE;
  const shrunk = (above * excess + TAIL_WEIGHT * STRETCH_REFERENCE) / (above + TAIL_WEIGHT);
  const stretch = Math.sqrt(STRETCH_REFERENCE / shrunk);
  return stretch < 1 ? 1 : stretch > STRETCH_MAX ? STRETCH_MAX : stretch;
}

/** ln of the level that `sought` points exceed, inside the bin where the count from above has reached it. */
function lnLevel(
  f: Float32Array,
  bins: number,
  bin: number,
  above: number,
  sought: number,
  perOctave: number,
): number {
  if (above < sought || f[bins + bin] === 0) return LN_TAIL_LOWEST;
  return LN_TAIL_LOWEST + ((bin + (above - sought) / f[bins + bin]) * LN2) / perOctave;
}

function blockLength(layout: StateLayout): number {
  return layout.dayLength > 96 ? layout.dayLength : 96;
}

export function blockMeanReference(layout: StateLayout): number {
  return 0.7 + 0.2 * ln(blockLength(layout)) - 0.15;
}
