/**
 * A detector's series, kept in memory between requests: a list of 50,000 is read from PostgreSQL once, not for every
 * page of a chart. Series come with a commit, and a commit moves the head, so (generation, head) says whether what is
 * kept still holds. Only a correction of the past brings series without moving the head: whoever needs a number that is
 * not kept says so, and the list is read again.
 */
import type { System } from "../pipeline/system.ts";
import type { Detector } from "../resources/detector.ts";
import type { Store, StoredSeries } from "../store/store.ts";

/** Detectors whose series are kept at a time, the least recently asked for goes first. */
const DETECTORS_KEPT_MAX = 8;

interface Kept {
  readonly stamp: string;
  readonly series: readonly StoredSeries[];
}

const keptOf = new WeakMap<Store, Map<string, Kept>>();

/**
 * All series of the detector's generation in order of their number.
 *
 * @param options.including  numbers that the caller has read somewhere, so they must be among them
 */
export async function knownSeries(
  { store }: System,
  detector: Detector,
  { including = [] }: { including?: readonly number[] } = {},
): Promise<readonly StoredSeries[]> {
  const kept = keptOf.get(store) ?? new Map<string, Kept>();
  keptOf.set(store, kept);
  const stamp = `${detector.generation}:${detector.headMs}`;
  const known = kept.get(detector.id);
  kept.delete(detector.id);
  const holds = known?.stamp === stamp && including.every((number) => number < known.series.length);
  const series = holds ? known.series : await store.series.list(detector.id, detector.generation);
  kept.set(detector.id, { stamp, series });
  if (kept.size > DETECTORS_KEPT_MAX) kept.delete(kept.keys().next().value!);
  return series;
}
