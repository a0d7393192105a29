import { z } from "zod";
import { findDetector } from "../find-detector.ts";
import { operation } from "../operation.ts";
import { detectorInput } from "../shapes/common.ts";

export const deleteDetector = operation({
  name: "deleteDetector",
  method: "DELETE",
  path: "/v1/detectors/:detector",
  doc: "Removes a detector and everything of it: series, points, groups, ledger. It can't be undone.",
  input: z.strictObject({ detector: detectorInput }),
  output: z.object({ deleted: z.string().describe("its id") }),
  async handle(system, input, app) {
    const detector = await findDetector(system, input.detector);
    await app.delete(detector);
    return { deleted: detector.id };
  },
});
