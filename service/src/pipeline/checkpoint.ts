/**
 * States are written every CHECKPOINT_INTERVALS intervals and at shutdown, not each interval: 50,000 series × 4 KB ×
 * 288 a day would be 58 GB. A start replays at most this many intervals.
 */
import type { Detector } from "../resources/detector.ts";
import type { SegmentRow } from "../store/store.ts";
import { describeError } from "../telemetry/errors.ts";
import { failpoint } from "../telemetry/failpoints.ts";
import { encodeCheckpoint } from "./checkpoint-bytes.ts";
import type { LiveModels } from "./live-models.ts";
import type { System } from "./system.ts";

export const CHECKPOINT_INTERVALS = 96;

/** Writes a checkpoint when one is due; the caller's commit names it. */
export async function checkpointIfDue(detector: Detector, models: LiveModels, system: System): Promise<SegmentRow | null> {
  if (models.sinceCheckpoint < CHECKPOINT_INTERVALS) return null;
  const row = await writeCheckpoint(detector, models, system);
  models.sinceCheckpoint = 0;
  return row;
}

/** At shutdown: what is in memory and not yet checkpointed, so that the next start has nothing to replay. */
export async function checkpointAll(system: System): Promise<number> {
  let written = 0;
  for (const models of system.models.all()) {
    if (models.sinceCheckpoint === 0) continue;
    try {
      written += await checkpointOne(models, system);
    } catch (error) {
      // A checkpoint is only a shortcut: without it the next start replays a little more.
      system.log.warn({ detector: models.detectorId, error: describeError(error) }, "a checkpoint could not be written");
    }
  }
  return written;
}

async function checkpointOne(models: LiveModels, system: System): Promise<number> {
  const detector = await system.store.detectors.get(models.detectorId);
  if (detector === null || detector.generation !== models.generation || detector.lineage !== models.lineage || detector.headMs !== models.untilMs) return 0;
  const row = await writeCheckpoint(detector, models, system);
  await system.store.segments.nameCheckpoint(row, models.lineage);
  models.sinceCheckpoint = 0;
  failpoint("checkpoint.after");
  return 1;
}

async function writeCheckpoint(detector: Detector, models: LiveModels, system: System): Promise<SegmentRow> {
  failpoint("checkpoint.before");
  const row = await system.store.segments.writeCheckpoint(
    {
      detectorId: detector.id,
      generation: detector.generation,
      startMs: models.untilMs,
      endMs: models.untilMs,
      attempt: `checkpoint-${models.untilMs}`,
    },
    encodeCheckpoint({ states: models.states, open: models.open }),
  );
  failpoint("checkpoint.written");
  return row;
}
