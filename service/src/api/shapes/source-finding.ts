/** What was found when a source was examined. */
import { z } from "zod";

export const sourceFindings = z.object({
  findings: z.array(
    z.object({
      check: z.enum(["connects", "reads", "role", "index", "clock", "version", "aggregation"]),
      level: z.enum(["ok", "warning", "error"]),
      message: z.string(),
      advice: z.string().nullable().describe("what to do"),
    }),
  ),
});
