import { nextIntervalStart } from "@foretop/engine";
import type { z } from "zod";
import type { Detector, MeasureConfig } from "../resources/detector.ts";
import type { StoredGroup } from "../store/store.ts";
import { figureOf, instantText } from "./shapes/common.ts";
import type { groupSummary } from "./shapes/group.ts";

/** As people and the API name it: a ratio is none of the five. */
export function aggregationOf(measure: Pick<MeasureConfig, "aggregation" | "denominator"> | undefined): string {
  return measure === undefined ? "SUM" : measure.denominator === undefined ? measure.aggregation : "RATIO";
}

/** A group as in a list. */
export function describeGroup({ group, headline, segments }: StoredGroup, { id, config }: Detector): z.input<typeof groupSummary> {
  const { actual, expected } = group;
  return {
    id: group.id,
    detectorId: id,
    detector: config.name,
    headline,
    measure: group.measure,
    aggregation: aggregationOf(config.measures.find(({ name }) => name === group.measure)),
    kind: group.kind,
    direction: group.direction,
    severity: group.severity,
    status: group.status,
    start: instantText(group.startMs),
    last: instantText(group.lastMs),
    end: instantText(nextIntervalStart(group.lastMs, config.frequency, config.zone)),
    actual: figureOf(actual),
    expected: figureOf(expected),
    lower: figureOf(group.lower),
    upper: figureOf(group.upper),
    deviationShare: figureOf((actual - expected) / Math.abs(expected)),
    segments: segments.map((segment) => ({ ...segment })),
    seriesCount: group.members.length,
    revision: group.revision,
  };
}
