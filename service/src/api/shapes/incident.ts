/** Incidents: groups that belong together. */
import { z } from "zod";
import { instant } from "./common.ts";
import { groupSummary } from "./group.ts";

export const incidentShape = z.object({
  id: z.string().describe("the id of its first group"),
  headline: z.string(),
  severity: z.number().describe("the highest of its groups"),
  status: z.enum(["open", "closed"]).describe("open while one of its groups is"),
  start: instant,
  end: instant.describe("end of the last anomalous interval"),
  detectors: z.array(z.string()),
  measures: z.array(z.string()),
  groups: z.array(groupSummary).describe("the earliest first"),
});

export const listIncidentsOutput = z.object({
  incidents: z.array(incidentShape),
  from: instant,
  to: instant,
  cut: z.boolean().describe("true: the range holds more groups than are put together; ask for a shorter one"),
});

export const incidentOfGroupOutput = z.object({ incident: incidentShape.nullable().describe("null: the group stands alone") });
