/** Segments and contributions: shared by groups and explanations. */
import { z } from "zod";
import { figure } from "./common.ts";

/** Values of some dimensions; {} means everything. */
export const segmentShape = z.record(z.string(), z.string().nullable());

export const contributionShape = z.object({
  dimension: z.string(),
  values: z.array(
    z.object({
      value: z.string().nullable(),
      score: z.number().describe("0 to 100; the scores of a dimension sum to 100"),
      actual: figure,
      expected: figure,
      direction: z.enum(["up", "down", "none"]),
    }),
  ),
});
