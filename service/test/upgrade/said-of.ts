/** What a Foretop says of a detector, as text: what must be the same before and after an upgrade. */
import { KINDS } from "@foretop/engine";
import type { System } from "../../src/pipeline/system.ts";

export interface Said {
  readonly headMs: number;
  readonly series: readonly string[];
  /** of the total of each measure: interval, value, expected, kind */
  readonly points: readonly string[];
  readonly intervals: readonly string[];
  /** every revision of every group */
  readonly groups: readonly string[];
  readonly deliveries: readonly string[];
}

export async function saidOf({ store }: System, id: string): Promise<Said> {
  const { headMs, generation } = (await store.detectors.get(id))!;
  const series = await store.series.list(id, generation);
  const points = await store.segments.readSeries(id, generation, [0, series.length - 1], { startMs: 0, endMs: headMs! });
  const revisions = [];
  for (const { groupId } of (await store.deliveries.list({ limit: 500 })).map(({ groupId }) => ({ groupId }))) revisions.push(...(await store.groups.revisions(groupId)));
  const { groups } = await store.groups.list({ limit: 500 });
  for (const { group } of groups) revisions.push(...(await store.groups.revisions(group.id)));
  return {
    headMs: headMs!,
    series: series.map(({ number, keyText }) => `${number} ${keyText}`),
    points: points.flatMap((one) => Array.from(one.startMs, (ms, t) => `${one.series} ${new Date(ms).toISOString()} ${one.value[t]} ${one.expected[t]} ${KINDS[one.kind[t]!]!}`)),
    intervals: (await store.intervals.list(id, { limit: 500 })).map(({ interval, version, status, message, anomalyCount }) => `${new Date(interval.startMs).toISOString()} ${version} ${status} ${anomalyCount} ${message}`),
    groups: [...new Set(revisions.map(({ group, headline, reason, knownAtMs }) => `${group.id} ${group.revision} ${group.status} ${group.severity} ${headline} ${reason} ${new Date(knownAtMs).toISOString()}`))].sort(),
    deliveries: (await store.deliveries.list({ limit: 500 })).map(({ key, status, attempts, sentMs }) => `${key} ${status} ${attempts} ${sentMs}`),
  };
}
