import { z } from "zod";
import { describeDetector } from "../describe-detector.ts";
import { findDetector } from "../find-detector.ts";
import { operation } from "../operation.ts";
import { detectorInput } from "../shapes/common.ts";
import { detectorSummary } from "../shapes/detector.ts";

export const deactivateDetector = operation({
  name: "deactivateDetector",
  method: "POST",
  path: "/v1/detectors/:detector/deactivate",
  doc: "Stops a detector that is LEARNING or ACTIVE. What was learned is kept.",
  input: z.strictObject({ detector: detectorInput }),
  output: detectorSummary,
  async handle(system, input, app) {
    const detector = await findDetector(system, input.detector);
    await app.deactivate(detector);
    return describeDetector(await findDetector(system, detector.id), system);
  },
});
