import { nextIntervalStart } from "@foretop/engine";
import type { z } from "zod";
import type { FoundIncident } from "../pipeline/find-incidents.ts";
import { describeGroup } from "./describe-group.ts";
import { instantText } from "./shapes/common.ts";
import type { incidentShape } from "./shapes/incident.ts";

export function describeIncident({ id, headline, severity, startMs, members }: FoundIncident): z.input<typeof incidentShape> {
  const ends = members.map(({ stored, detector: { config } }) => nextIntervalStart(stored.group.lastMs, config.frequency, config.zone));
  return {
    id,
    headline,
    severity,
    status: members.some(({ stored }) => stored.group.status === "open") ? "open" : "closed",
    start: instantText(startMs),
    end: instantText(Math.max(...ends)),
    detectors: [...new Set(members.map(({ detector }) => detector.config.name))],
    measures: [...new Set(members.map(({ stored }) => stored.group.measure))],
    groups: members.map(({ stored, detector }) => describeGroup(stored, detector)),
  };
}
