/** The gain of a segment: how much better one common change explains its leaves than none, minus the price of its name. */
import { ln } from "../stats/elementary.ts";

/** Smaller relative changes are no causes. */
export const CHANGE_MIN = 0.05;
/** The shared change must explain this share of a segment's evidence: of a cause all of it moved. */
export const PURITY_MIN = 0.6;
export const PURITY_MIN_TOTAL = 0.5;

export interface GainForm {
  readonly isCounts: boolean;
  readonly scatterMax: number;
}

/** @returns nats above the price, or 0 where the segment is no cause */
export function gainOf(
  w: number,
  a: number,
  q: number,
  l: number,
  n: number,
  price: number,
  purityMin: number,
  isCounts: boolean,
  scatterMax: number,
): number {
  if (n < 0.5 || !(w > 0)) return 0;
  const mean = a / w;
  let shared: number;
  let residual: number;
  if (isCounts) {
    if (mean > 1 - CHANGE_MIN && mean < 1 + CHANGE_MIN) return 0;
    shared = (mean > 1e-300 ? a * ln(mean) : 0) - a + w;
    residual = l - shared;
  } else {
    if (mean > -CHANGE_MIN && mean < CHANGE_MIN) return 0;
    shared = (a * mean) / 2;
    residual = q / 2 - shared;
  }
  if (shared < purityMin * (l - n / 2)) return 0;
  if (residual < 0) residual = 0; // the cap took more than the common change leaves
  const k2 = scatterOf(residual, n, scatterMax);
  const gain = l - (n / 2) * ln(k2) - residual / k2 - price - 0.5 * ln(1 + w / (4 * k2)) - 0.5 * ln(n + 1);
  return gain > 0 ? gain : 0;
}

/** Evidence of sums (w, a) for one given change against none, not capped. "mean" is 1 (counts) or 0 (shift) for none. */
export function evidenceAt(w: number, a: number, mean: number, isCounts: boolean): number {
  if (isCounts) return (mean > 1e-300 ? a * ln(mean) : a > 0 ? -Infinity : 0) - w * (mean - 1);
  return a * mean - (w * mean * mean) / 2;
}

/** k²: a cause's leaves may scatter more than noise, to a limit; never less, or everything quiet would be a cause. */
export function scatterOf(residual: number, leaves: number, scatterMax: number): number {
  return Math.min(scatterMax, Math.max(1, (2 * Math.max(0, residual) + 2) / (leaves + 2)));
}

/** ln of the number of ways to choose k of n. */
export function lnChoose(n: number, k: number): number {
  const few = Math.min(k, n - k);
  let sum = 0;
  for (let i = 1; i <= few; i++) sum += ln((n - few + i) / i);
  return sum;
}
