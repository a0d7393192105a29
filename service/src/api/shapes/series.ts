/** Series and their points over time. */
import { HELD_BACK_REASONS } from "@foretop/engine";
import { z } from "zod";
import { figure, instant, nextCursor } from "./common.ts";
import { kindName, segmentShape } from "./group.ts";

export const pointStatus = z
  .enum(["judged", "learning", "missing", "history"])
  .describe("history: learned from, never judged");

export const seriesShape = z.object({
  series: z.number().describe("the series' number in its detector"),
  id: z.string().describe("SHA-512 of detector and key, as in messages"),
  name: z.string(),
  measure: z.string(),
  dimensions: segmentShape,
  isLeaf: z.boolean(),
  firstSeen: instant,
  pointsNeeded: z.number().describe("intervals until it is judged, if all arrive; 0 when it is"),
});

/** Columns are [interval], aligned with `starts`. */
export const pointColumns = {
  value: z.array(figure),
  expected: z.array(figure),
  lower: z.array(figure),
  upper: z.array(figure),
  severity: z.array(figure),
  status: z.array(pointStatus),
  findings: z.array(
    z.object({
      index: z.number().describe("into the columns"),
      kind: kindName,
      severity: figure,
      heldBack: z.enum(HELD_BACK_REASONS).nullable().describe("why the finding was held back; null when it stands"),
    }),
  ),
};

export const seriesPoints = z.object({
  series: z.number(),
  name: z.string(),
  measure: z.string(),
  zone: z.string(),
  frequency: z.string(),
  starts: z.array(instant),
  ...pointColumns,
});

export const groupSeriesOutput = z.object({
  groupId: z.string(),
  measure: z.string(),
  zone: z.string(),
  frequency: z.string(),
  group: z.object({ start: instant, end: instant }),
  starts: z.array(instant).describe("interval starts, shared by all series"),
  series: z.array(
    z.object({
      series: z.number(),
      name: z.string(),
      dimensions: segmentShape,
      isLeaf: z.boolean(),
      isHead: z.boolean(),
      groupSeverity: z.number().describe("the highest of its intervals in the group"),
      ...pointColumns,
    }),
  ),
  total: z.number(),
  nextCursor,
});
