import { growStates, judgeAndLearn, sameStates, type SeriesStates } from "@foretop/engine";
import { decodeCheckpoint } from "../../../src/pipeline/checkpoint-bytes.ts";
import { dataFromPoints, seriesCountOf } from "../../../src/pipeline/interval-data.ts";
import { intervalInput, modelsBefore } from "../../../src/pipeline/live-models.ts";
import { SeriesTable } from "../../../src/pipeline/series-table.ts";
import type { Detector } from "../../../src/resources/detector.ts";
import type { SimWorld } from "../sim-world.ts";
import { iso, Violation } from "../violation.ts";

/**
 * The states at the head are those that come from learning, after history, each interval in effect once and in order:
 * bit for bit, in the memory of every process that is at the head, and from the newest checkpoint with the points since.
 */
export async function learnedOnce(world: SimWorld, detector: Detector): Promise<void> {
  const expected = await learnedFromHistory(world, detector);
  for (const process of world.processes) {
    const models = process.system.models.get(detector.id);
    if (models === undefined || process.isDead || models.lineage !== detector.lineage || models.generation !== detector.generation || models.untilMs !== detector.headMs) continue;
    if (!sameStates(models.states, expected)) throw new Violation("learned once", `${process.name} holds other states at ${iso(detector.headMs)} than its log gives`);
  }
  const { models } = await modelsBefore(detector, world.store, detector.headMs!);
  if (!sameStates(models.states, expected)) throw new Violation("learned once", `the newest checkpoint and the points since give other states at ${iso(detector.headMs)} than the whole log`);
}

async function learnedFromHistory({ store }: SimWorld, detector: Detector): Promise<SeriesStates> {
  const history = await store.segments.latestCheckpoint(detector.id, detector.generation, detector.liveFromMs!);
  if (history === null) throw new Violation("learned once", "the checkpoint of history is gone");
  let { states } = decodeCheckpoint(history.states);
  const table = new SeriesTable(detector.config, await store.series.list(detector.id, detector.generation));
  const range = { startMs: detector.liveFromMs!, endMs: detector.headMs! };
  const records = [...(await store.intervals.list(detector.id, { ...range, limit: 1000 }))].sort((a, b) => a.interval.startMs - b.interval.startMs);
  const rows = await store.segments.listPoints(detector.id, detector.generation, range);
  for (const { interval, segmentId } of records) {
    const row = rows.find(({ id }) => id === segmentId);
    const points = row === undefined ? null : await store.segments.readPoints(row);
    const seriesCount = Math.max(states.seriesCount, seriesCountOf(points, interval.startMs));
    if (seriesCount > states.seriesCount) states = growStates(states, seriesCount);
    judgeAndLearn(states, intervalInput(detector, table, dataFromPoints(table, interval, points, seriesCount)));
  }
  return states;
}
