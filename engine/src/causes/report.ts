/** What the search for causes says. Plain data, the same for every kind of measure. */
import type { DimensionContribution } from "../groups/group.ts";
import type { DimensionValue } from "../series/series-key.ts";
import type { Cut } from "./cells.ts";

export const VERDICTS = [
  "segments",
  "everything moved",
  "everything moved, and more so in",
  "no segment stands out",
  "no data",
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One segment that did it. */
export interface Cause {
  /** sorted by name; empty = the total */
  readonly segment: readonly DimensionValue[];
  /** sums; rates for ratios, means for averages */
  readonly expected: number;
  readonly actual: number;
  /** actual / expected − 1; NaN when nothing was expected */
  readonly change: number;
  readonly direction: "up" | "down";
  /** of the gross deviation, 0–1 */
  readonly share: number;
  /** nats of evidence above the price of naming it */
  readonly gain: number;
  readonly strength: "weak" | "clear" | "strong";
  /** causes with the same number were found as one: values of one dimension that changed by one ratio */
  readonly together: number;
  /** how the segment's surroundings moved: one entry per dimension */
  readonly siblings: readonly SiblingCheck[];
}

/**
 * One dimension looked at around a cause. For a dimension that the cause fixes: its other values, everything else equal
 * ("web and android did not"); for one that it leaves open: its values inside the cause ("its countries fell alike").
 */
export interface SiblingCheck {
  readonly dimension: string;
  readonly isFixed: boolean;
  /** moved like the cause (at least half of its change, beyond noise) */
  readonly alike: readonly (string | null)[];
  /** did not */
  readonly otherwise: readonly (string | null)[];
  /** how many they are, where the lists were cut */
  readonly alikeCount: number;
  readonly otherwiseCount: number;
  /** too little volume to tell */
  readonly unclearCount: number;
}

export interface CauseReport {
  readonly measure: string;
  readonly verdict: Verdict;
  /** of everything that was looked at */
  readonly expected: number;
  readonly actual: number;
  /** the most important first */
  readonly causes: readonly Cause[];
  /** deviation inside the causes over all of it, 0–1: net (may exceed 1 when moves offset) and gross */
  readonly explained: { readonly net: number; readonly gross: number };
  readonly contribution: readonly DimensionContribution[];
  /** the smallest relative change of everything, and of a segment with a tenth of the volume, that would have been named */
  readonly smallestSeen: { readonly total: number; readonly tenth: number } | null;
  /** distinct counts only: causes are proposals until a query of their own has counted them */
  readonly isProposal: boolean;
  /** distinct counts only: sum of the leaves over the total's own count, 1 = no overlap */
  readonly overlap: number | null;
  /**
   * actual / expected − 1 of what did not move by itself, as far as it is no finding: the forecasts of all leaves were off
   * together by no more than they usually are. Causes are told apart from it; 0 when nothing is shared.
   */
  readonly sharedChange: number;
  /** rows without a usable value */
  readonly missingCount: number;
  /** dimensions with one value only: they tell nothing apart */
  readonly constant: readonly DimensionValue[];
  readonly cuts: readonly Cut[];
  /** one or two sentences for people */
  readonly sentence: string;
}

/** Evidence in words. */
export function strengthOf(gain: number): Cause["strength"] {
  return gain < 10 ? "weak" : gain <= 30 ? "clear" : "strong";
}
