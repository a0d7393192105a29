/**
 * The error that all forecasts share, told apart from causes.
 *
 * Forecasts of the leaves of one measure err together: on the first night after a weekend all of 10,000 may be 6 % high,
 * while each alone is well within its spread. Added up as if they were independent that is 15 spreads of the total. How
 * large such an error usually is, the total's own series knows: its spread. So the common change of everything is a
 * nuisance with that spread, fitted and taken out first, and is a finding only where it is far beyond it.
 *
 * Two explanations compete, "nothing is shared" and "this much is": the one under which the findings and the shared
 * change are more likely together wins. A segment that holds half of everything is a segment under the first and would be
 * half a shared change under the second.
 */
import { ln } from "../stats/elementary.ts";
import type { CauseLimits, Cells } from "./cells.ts";
import type { Evidence } from "./evidence.ts";
import { CHANGE_MIN, evidenceAt } from "./gain.ts";
import type { Finding } from "./finding.ts";
import { GAIN_MIN_OF_FORECASTS } from "./prices.ts";
import { commonRatio, outside, scaled, settledFindings, type Leaves, type Settled } from "./settled-findings.ts";

export interface SharedSearch {
  /** what moved beside the shared change; its leaves' expected values are scaled by `ratio` */
  readonly apart: Settled;
  readonly apartLeaves: Leaves;
  /** actual over expected of what did not move by itself: 1 = nothing is shared */
  readonly ratio: number;
  /** the shared change as a finding; null while it is no more than such forecasts usually miss */
  readonly total: Finding | null;
}

/** The shared change and the leaves outside of the findings depend on each other: settled in two, a limit against cycles. */
const ROUNDS_MAX = 3;
const SAME_RATIO = 0.002;

/** @param sharedError  the total's own spread over its expected value */
export function sharedSearch(cells: Cells, given: Leaves, { sharedError, limits }: { sharedError: number; limits: CauseLimits }): SharedSearch {
  const leaves: Leaves = { ...given, isForecast: true };
  const plain = settledFindings(cells, leaves, { withTotal: false, gainMin: GAIN_MIN_OF_FORECASTS, limits });
  const { evidence } = plain;
  const W = evidence.scale * sumOf(evidence.W);
  const A = evidence.scale * sumOf(evidence.A);
  const n = sumOf(evidence.N);
  const variance = sharedError * sharedError;
  // Pulled to 1 as far as the leaves say less about it than the forecast's own record.
  const pulled = (ratio: number): number => 1 + (ratio - 1) / (1 + 1 / (Math.max(1e-300, W) * variance));
  const weight = 1 / (variance + 1 / Math.max(1e-300, W));
  const price = ln(plain.folded.sizes.length + 1) + 0.5 * ln(1 + weight / 4) + 0.5 * ln(n + 1);
  // Told as an error a shared change is as unlikely as its size; told as a finding it has the price of the total's name.
  const scoreOf = ({ findings }: Settled, ratio: number): number =>
    evidenceAt(W, A, evidence.form === "counts" ? ratio : 1 - ratio, evidence.form === "counts") -
    Math.min(price + GAIN_MIN_OF_FORECASTS, ln(ratio) ** 2 / (2 * variance)) +
    findings.reduce((sum, { gain }) => sum + gain, 0);

  const settle = (start: number): { apart: Settled; ratio: number; score: number } => {
    let ratio = start;
    let apart = ratio === 1 ? plain : settledFindings(cells, scaled(leaves, ratio), { withTotal: false, gainMin: GAIN_MIN_OF_FORECASTS, limits });
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const next = pulled(commonRatio(leaves, outside(apart.findings, apart.folded, cells.leafCount)));
      if (Math.abs(next - ratio) < SAME_RATIO) break;
      ratio = next;
      apart = settledFindings(cells, scaled(leaves, ratio), { withTotal: false, gainMin: GAIN_MIN_OF_FORECASTS, limits });
    }
    return { apart, ratio, score: scoreOf(apart, ratio) };
  };
  const fromNothing = settle(1);
  const start = pulled(commonRatio(leaves));
  const fromAll = Math.abs(start - fromNothing.ratio) < SAME_RATIO ? fromNothing : settle(start);
  const best = fromAll.score > fromNothing.score ? fromAll : fromNothing;
  const gain = !(W > 0) || Math.abs(best.ratio - 1) < CHANGE_MIN ? 0 : (weight * (best.ratio - 1) ** 2) / 2 - price;
  const total: Finding | null = gain < GAIN_MIN_OF_FORECASTS ? null : { segments: [best.apart.folded.sizes], gain, ratio: best.ratio, within: null };
  return { apart: best.apart, apartLeaves: best.ratio === 1 ? leaves : scaled(leaves, best.ratio), ratio: best.ratio, total };
}

function sumOf(column: Evidence["W"]): number {
  let sum = 0;
  for (let i = 0; i < column.length; i++) sum += column[i]!;
  return sum;
}
