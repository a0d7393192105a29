/**
 * Anomaly groups: the anomalous series of one measure that belong together, over consecutive intervals.
 *
 * A group goes on only through series that it shares with its last intervals, or their parents or children, with up
 * to QUIET_INTERVALS_MAX quiet intervals in between: joining everything of a measure in consecutive intervals makes
 * one endless group as soon as there are thousands of series.
 */
import type { Kind } from "../scores/judgement.ts";
import type { SeriesKey } from "../series/series-key.ts";

/** A group that has been quiet for more than this many intervals is closed. */
export const QUIET_INTERVALS_MAX = 3;

/** One series off in one interval. */
export interface Anomaly {
  /** the series' number in its detector */
  readonly series: number;
  readonly kind: Kind;
  readonly direction: "up" | "down";
  /** 0–100 */
  readonly severity: number;
  readonly score: number;
  /** NaN when the value is missing (kind "stopped") */
  readonly actual: number;
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
}

/** What a group remembers of one of its series. */
export interface GroupMember {
  readonly series: number;
  readonly kind: Kind;
  readonly direction: "up" | "down";
  /** the highest of its intervals */
  readonly severity: number;
  /** first and last anomalous interval's start, epoch ms */
  readonly startMs: number;
  readonly lastMs: number;
  /** anomalous intervals */
  readonly intervalCount: number;
  /** figures of its most severe interval */
  readonly peakMs: number;
  readonly actual: number;
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
}

export interface AnomalyGroup {
  /** UUID-shaped hash of (detector generation, measure, smallest first series, opening interval); never recomputed */
  readonly id: string;
  /** counts every commit that changed the group, from 1 */
  readonly revision: number;
  readonly measure: string;
  readonly status: "open" | "closed" | "retracted" | "merged";
  /** the group this one was merged into */
  readonly mergedInto: string | null;
  /** the kind most of its head series show */
  readonly kind: Kind;
  readonly direction: "up" | "down" | "mixed";
  /** maximum over members and intervals, 0–100 */
  readonly severity: number;
  /** first anomalous interval's start; last anomalous interval's start (both interval starts, as on the wire) */
  readonly startMs: number;
  readonly lastMs: number;
  /** the interval whose figures are shown: the most severe one (of nearly equal ones that with the largest deviation),
   *  or the one in which groups were merged, because no earlier interval shows the whole group */
  readonly peakMs: number;
  /** every anomalous series of the group, parents and children alike, by series number */
  readonly members: readonly GroupMember[];
  /** series numbers, ascending: the smallest set of series that explains the group at peakMs (no parent together with
   *  its child) */
  readonly head: readonly number[];
  /** figures of the head at peakMs: summed for additive measures (half-widths of the band in quadrature), else those of
   *  its most severe series; actual is NaN when all of them are missing */
  readonly actual: number;
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
  /** quiet intervals since lastMs */
  readonly quietIntervals: number;
}

/** How much one dimension value has to do with a group (root-cause.md §6). Scores of a dimension sum to 100. */
export interface DimensionContribution {
  readonly dimension: string;
  readonly values: readonly ValueContribution[];
}
export interface ValueContribution {
  readonly value: string | null;
  /** 0–100, largest-remainder rounded to two decimals so that what is shown sums to 100 */
  readonly score: number;
  readonly actual: number;
  readonly expected: number;
  /** the sign of actual − expected: the score itself has none */
  readonly direction: -1 | 0 | 1;
  /** ratios and averages only: how much of R1 − R0 came from this value's own rate, how much from its changed weight */
  readonly rateEffect?: number;
  readonly mixEffect?: number;
}

export interface GroupingInput {
  /** start of the interval just judged, epoch ms */
  readonly startMs: number;
  readonly intervalSeconds: number;
  /** anomalies of this interval, any order */
  readonly anomalies: readonly Anomaly[];
  /** [series] keys by series number */
  readonly keys: readonly SeriesKey[];
  /** true for SUM and COUNT: parents are sums of their children */
  readonly isAdditive: (measure: string) => boolean;
  /** groups that are open before this interval */
  readonly open: readonly AnomalyGroup[];
  /** a detector's generation: part of every group id */
  readonly generation: string;
  /** 128-bit UUID-shaped hash of a text; handed in because the engine has no crypto */
  readonly hash: (text: string) => string;
}

export interface GroupingResult {
  /** every group that opened, went on, was merged or closed in this interval, with its revision counted up where
   *  something a reader would see changed; groups that only grew quieter are included with the same revision */
  readonly groups: readonly AnomalyGroup[];
}
