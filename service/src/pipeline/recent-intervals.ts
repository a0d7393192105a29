/**
 * The last intervals of each detector as they were judged, in memory, to the last bit: a correction of a few series needs of all
 * others only what was said about them, and that is here. What the points are on disk, this is for as long as the process
 * lives; without it the same comes out, later (replay-all.ts).
 *
 * They hold for the lineage they were judged on. A correction of our own puts its own in their place; what another process
 * corrected makes all of them worthless.
 */
import type { AnomalyGroup } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import type { JudgedInterval } from "./judge-interval.ts";

/** Intervals of one detector: the horizon of an hourly one, and from there back to the copy of the states before it. */
export const RECENT_KEPT = 40;
/** Of all detectors together; 5,000 series take 16 MB. */
const BYTES_MAX = 128 << 20;

export interface RecentInterval {
  readonly judged: JudgedInterval;
  /** groups that were open before it */
  readonly openBefore: readonly AnomalyGroup[];
}

interface Kept {
  readonly stamp: string;
  /** without a gap, oldest first */
  readonly intervals: readonly RecentInterval[];
}

type Lineage = Pick<Detector, "id" | "generation" | "lineage">;

export class RecentIntervals {
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /** The interval after the last one; call it with what is committed only. */
  add(detector: Lineage, recent: RecentInterval): void {
    const known = this.#of(detector);
    const isNext = known.at(-1)?.judged.data.interval.endMs === recent.judged.data.interval.startMs;
    this.#put(detector.id, { stamp: stampOf(detector), intervals: [...(isNext ? known : []), recent].slice(-RECENT_KEPT) });
  }

  /** All from `fromMs` to `untilMs`, null when one of them isn't here. */
  between(detector: Lineage, { fromMs, untilMs }: { fromMs: number; untilMs: number }): readonly RecentInterval[] | null {
    const known = this.#of(detector);
    const first = known.findIndex(({ judged }) => judged.data.interval.startMs === fromMs);
    return first < 0 || known.at(-1)!.judged.data.interval.endMs !== untilMs ? null : known.slice(first);
  }

  /** After a correction of our own: those before it hold on the next lineage, too, and `intervals` follow. */
  corrected(detector: Lineage, intervals: readonly RecentInterval[]): void {
    const fromMs = intervals[0]?.judged.data.interval.startMs ?? -Infinity;
    const before = this.#of(detector).filter(({ judged }) => judged.data.interval.startMs < fromMs);
    const hasGap = before.at(-1)?.judged.data.interval.endMs !== fromMs;
    this.#put(detector.id, { stamp: stampOf({ ...detector, lineage: detector.lineage + 1 }), intervals: [...(hasGap ? [] : before), ...intervals].slice(-RECENT_KEPT) });
  }

  #of(detector: Lineage): readonly RecentInterval[] {
    const known = this.#kept.get(detector.id);
    return known?.stamp === stampOf(detector) ? known.intervals : [];
  }

  #put(detectorId: string, { stamp, intervals }: Kept): void {
    this.#bytes -= bytesOf(this.#kept.get(detectorId)?.intervals ?? []);
    this.#kept.delete(detectorId);
    const own = intervals.slice();
    while (own.length > 0 && bytesOf(own) > BYTES_MAX) own.shift();
    this.#bytes += bytesOf(own);
    this.#kept.set(detectorId, { stamp, intervals: own });
    for (const [oldest, kept] of this.#kept) {
      if (this.#bytes <= BYTES_MAX) break;
      this.#bytes -= bytesOf(kept.intervals);
      this.#kept.delete(oldest);
    }
  }
}

/** Of one series in one interval: value, count, and a judgement's columns. */
const BYTES_PER_SERIES = 2 * 8 + 7 * 8 + 4 + 4;

function bytesOf(intervals: readonly RecentInterval[]): number {
  return intervals.reduce((sum, { judged }) => sum + judged.data.values.length * BYTES_PER_SERIES, 0);
}

function stampOf({ generation, lineage }: Pick<Detector, "generation" | "lineage">): string {
  return `${generation} ${lineage}`;
}
