/** Series, and the number that each has. */
import type { SeriesKey } from "@foretop/engine";

/** A series as stored; `number` is its index in states, segments and groups: given once, in order, never reused. */
export interface StoredSeries {
  readonly number: number;
  readonly key: SeriesKey;
  readonly keyText: string;
  /** leaf: has all dimensions */
  readonly isLeaf: boolean;
  readonly firstSeenMs: number;
}

export interface SeriesStore {
  /** All series of a generation in order of their number. */
  list(detectorId: string, generation: number): Promise<readonly StoredSeries[]>;
}
