/** Reads back what the replay found: all groups of its days, and the series they are made of. */
import type { SeriesKey } from "@foretop/engine";
import type { Store, StoredGroup } from "../store/store.ts";
import type { Detector } from "../resources/detector.ts";
import type { DemoPeriod } from "./demo-period.ts";

const PAGE = 200;
/** A replay with more groups is broken: better an end than an endless list. */
export const GROUPS_MAX = 10_000;

export interface Findings {
  /** newest first */
  readonly groups: readonly StoredGroup[];
  /** [series] by number */
  readonly keys: readonly SeriesKey[];
}

export async function findingsOf(detector: Detector, store: Store, period: DemoPeriod): Promise<Findings> {
  const groups: StoredGroup[] = [];
  let cursor: string | null = null;
  do {
    const page = await store.groups.list({
      detectorId: detector.id,
      fromMs: period.replayFromMs,
      toMs: period.anchorMs,
      limit: PAGE,
      ...(cursor === null ? {} : { cursor }),
    });
    groups.push(...page.groups);
    cursor = page.nextCursor;
  } while (cursor !== null && groups.length < GROUPS_MAX);

  const keys: SeriesKey[] = [];
  for (const series of await store.series.list(detector.id, detector.generation)) keys[series.number] = series.key;
  return { groups, keys };
}
