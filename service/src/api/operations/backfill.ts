import { z } from "zod";
import { backfill as backfillRange } from "../../pipeline/reread-late.ts";
import { findDetector } from "../find-detector.ts";
import { operation } from "../operation.ts";
import { detectorInput, instantInput } from "../shapes/common.ts";

export const backfill = operation({
  name: "backfill",
  method: "POST",
  path: "/v1/detectors/:detector/backfill",
  doc: "Reads past live intervals again, however old, and judges them and everything after them with what comes. Unchanged rows change nothing.",
  input: z.strictObject({ detector: detectorInput, from: instantInput, to: instantInput }),
  output: z.object({
    intervalsRead: z.number(),
    intervalsChanged: z.number().describe("whose points or scores came out differently, later ones included"),
    groupsChanged: z.number(),
    groupsRetracted: z.number(),
    reason: z.string().nullable().describe("what was found, in words; null when nothing had changed"),
  }),
  async handle(system, input) {
    const detector = await findDetector(system, input.detector);
    const range = { startMs: Date.parse(input.from), endMs: Date.parse(input.to) };
    const { intervalsRead, intervalsChanged, groupsChanged, groupsRetracted, reason } = await backfillRange(detector, range, system);
    return { intervalsRead, intervalsChanged, groupsChanged, groupsRetracted, reason };
  },
});
