/**
 * The baselines, on the same harness: a series goes in, [interval] scores come out, NaN where none is given. Each is the
 * plain textbook form with the constants of the reference figures; none is tuned per set.
 */
import type { LabelledSeries } from "./labelled-set.ts";

export type Scorer = (series: LabelledSeries) => Float64Array;

/** |value − value one season ago| over a running mean of itself. */
export function seasonalNaive({ values, rhythm, historyCount }: LabelledSeries): Float64Array {
  const season = rhythm.dayLength;
  const scores = new Float64Array(values.length).fill(NaN);
  const last = new Float64Array(season).fill(NaN);
  let mean = NaN;
  for (let t = 0; t < values.length; t++) {
    const value = values[t];
    if (Number.isNaN(value)) continue;
    const before = last[t % season];
    last[t % season] = value;
    if (Number.isNaN(before)) continue;
    const away = Math.abs(value - before);
    if (Number.isNaN(mean)) mean = away;
    if (t >= historyCount) scores[t] = away / (mean + 1e-9 * Math.abs(value) + 1e-12);
    mean += 0.01 * (Math.min(away, 6 * mean + 1e-12) - mean);
  }
  return scores;
}

/** −log10 of the two-sided tail of a normal distribution with mean and deviation of a sliding window. */
export function windowedGaussian({ values, historyCount }: LabelledSeries): Float64Array {
  const z = gaussianZ(values, 6400, 100);
  for (let t = 0; t < historyCount; t++) z[t] = NaN;
  return z;
}

/** |value − mean| / sd of the last `windowLength` values, refreshed every `step` once the window is full, as in NAB. */
export function gaussianZ(values: Float64Array, windowLength: number, step: number): Float64Array {
  const scores = new Float64Array(values.length).fill(NaN);
  let window: number[] = [];
  let pending: number[] = [];
  let mean = 0;
  let deviation = 1e-6;
  let squares = 0;
  for (let t = 0; t < values.length; t++) {
    const value = values[t];
    if (Number.isNaN(value)) continue;
    if (window.length > 0) scores[t] = Math.abs(value - mean) / deviation;
    if (window.length < windowLength) {
      window.push(value);
      const away = value - mean;
      mean += away / window.length;
      squares += away * (value - mean);
      deviation = Math.sqrt(squares / window.length);
    } else {
      pending.push(value);
      if (pending.length < step) continue;
      window = [...window.slice(step), ...pending];
      pending = [];
      mean = window.reduce((sum, x) => sum + x, 0) / windowLength;
      deviation = Math.sqrt(window.reduce((sum, x) => sum + (x - mean) ** 2, 0) / windowLength);
    }
    if (deviation === 0) deviation = 1e-6;
  }
  return scores;
}

/** Additive Holt-Winters without trend; `gated`: learns residuals clipped at 6 units, else learns all. */
export function holtWinters(gated: boolean): Scorer {
  const alpha = gated ? 0.3 : 0.5;
  const gamma = gated ? 0.15 : 0.1;
  return ({ values, rhythm, historyCount }) => {
    const season = rhythm.dayLength;
    const scores = new Float64Array(values.length).fill(NaN);
    const profile = new Float64Array(season);
    let level = NaN;
    let spread = NaN;
    let seen = 0;
    // First season: the mean is the level, deviations from it the profile.
    let sum = 0;
    let count = 0;
    for (let t = 0; t < Math.min(season, values.length); t++) {
      if (!Number.isNaN(values[t])) {
        sum += values[t];
        count++;
      }
    }
    level = count > 0 ? sum / count : 0;
    for (let t = 0; t < Math.min(season, values.length); t++) {
      if (!Number.isNaN(values[t])) profile[t] = values[t] - level;
    }
    for (let t = season; t < values.length; t++) {
      const value = values[t];
      if (Number.isNaN(value)) continue;
      const p = t % season;
      const residual = value - level - profile[p];
      const size = Math.abs(residual);
      if (Number.isNaN(spread)) spread = size;
      const unit = spread + 1e-9 * Math.abs(level) + 1e-12;
      if (t >= historyCount) scores[t] = size / unit;
      const limit = 6 * unit;
      const learned = gated && seen > season ? Math.max(-limit, Math.min(limit, residual)) : residual;
      spread += 0.01 * (Math.min(size, limit) - spread);
      const before = level;
      level += alpha * learned;
      profile[p] += gamma * (before + profile[p] + learned - level - profile[p]);
      seen++;
    }
    return scores;
  };
}
