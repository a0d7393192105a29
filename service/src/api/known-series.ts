/**
 * A detector's series, kept in memory between requests: a list of 50,000 is read from PostgreSQL once, not for every
 * page of a chart. Series only ever come with a commit, and a commit moves the head, so (generation, head) says whether
 * what is kept still holds.
 */
import type { System } from "../pipeline/system.ts";
import type { Detector } from "../resources/detector.ts";
import type { Store, StoredSeries } from "../store/store.ts";

/** Detectors whose series are kept at a time, the least recently asked for goes first. */
const DETECTORS_KEPT_MAX = 8;

const keptOf = new WeakMap<Store, Map<string, { stamp: string; series: readonly StoredSeries[] }>>();

/** All series of the detector's generation in order of their number. */
export async function knownSeries({ store }: System, detector: Detector): Promise<readonly StoredSeries[]> {
  const kept = keptOf.get(store) ?? new Map<string, { stamp: string; series: readonly StoredSeries[] }>();
  keptOf.set(store, kept);
  const stamp = `${detector.generation}:${detector.headMs}`;
  const known = kept.get(detector.id);
  kept.delete(detector.id);
  const series = known?.stamp === stamp ? known.series : await store.series.list(detector.id, detector.generation);
  kept.set(detector.id, { stamp, series });
  if (kept.size > DETECTORS_KEPT_MAX) kept.delete(kept.keys().next().value!);
  return series;
}
