/** Everything that intervals leave in a store, as sorted lines: points, scores, records, groups with every revision. */
import type { Detector } from "../../src/resources/detector.ts";
import type { Store } from "../../src/store/store.ts";

export async function rowsOf(store: Store, { id, generation, liveFromMs, headMs, status }: Detector): Promise<string[]> {
  const lines = [`detector ${status} ${headMs}`];
  const series = await store.series.list(id, generation);
  for (const { number, keyText, isLeaf, firstSeenMs } of series) lines.push(`series ${number} ${keyText} ${isLeaf} ${firstSeenMs}`);
  for (const row of await store.segments.listPoints(id, generation, { startMs: liveFromMs!, endMs: headMs! })) {
    const { scores, ...points } = await store.segments.readPoints(row);
    for (let i = 0; i < points.series.length; i++) {
      lines.push(`point ${[...Object.values(points), ...Object.values(scores ?? {})].map((column: ArrayLike<number>) => column[i]).join(" ")}`);
    }
  }
  for (const record of await store.intervals.list(id, { limit: 1000 })) lines.push(`interval ${JSON.stringify({ ...record, segmentId: null })}`);
  for (const { group } of (await store.groups.list({ detectorId: id, limit: 1000 })).groups) {
    for (const revision of await store.groups.revisions(group.id)) lines.push(`group ${JSON.stringify(revision)}`);
  }
  return lines.sort();
}
