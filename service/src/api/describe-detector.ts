import type { z } from "zod";
import type { System } from "../pipeline/system.ts";
import type { Detector } from "../resources/detector.ts";
import { knownSeries } from "./known-series.ts";
import { lagOf } from "./lag.ts";
import { lastFailureOf } from "./last-failure.ts";
import { learningOf } from "./learning.ts";
import { instantText, intervalOf } from "./shapes/common.ts";
import type { detectorSummary } from "./shapes/detector.ts";

/** A detector as in a list: who it is and how it is doing. Four small queries. */
export async function describeDetector(detector: Detector, system: System): Promise<z.input<typeof detectorSummary>> {
  const { id, config, status, failureReason, muted, createdMs, modifiedMs } = detector;
  const [last] = await system.store.intervals.list(id, { limit: 1 });
  const open = await system.store.groups.list({ detectorId: id, status: "open", limit: 1 });
  const series = status === "LEARNING" || last === undefined ? await knownSeries(system, detector) : [];
  return {
    id,
    name: config.name,
    description: config.description,
    frequency: config.frequency,
    zone: config.zone,
    status,
    failureReason,
    muted,
    measures: config.measures.map(({ name }) => name),
    dimensions: [...config.dimensions],
    seriesCount: last?.seriesCount ?? series.length, // history has learned them before the first live interval
    openGroupCount: open.total,
    lastInterval: last === undefined ? null : intervalOf(last.interval),
    lag: lagOf(detector, system.clock.nowMs()),
    learning: learningOf(detector, series),
    lastFailure: await lastFailureOf(system, detector),
    created: instantText(createdMs),
    modified: instantText(modifiedMs),
  };
}
