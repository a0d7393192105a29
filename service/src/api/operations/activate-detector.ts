import { z } from "zod";
import { describeDetector } from "../describe-detector.ts";
import { findDetector } from "../find-detector.ts";
import { operation } from "../operation.ts";
import { detectorInput } from "../shapes/common.ts";
import { detectorSummary } from "../shapes/detector.ts";

export const activateDetector = operation({
  name: "activateDetector",
  method: "POST",
  path: "/v1/detectors/:detector/activate",
  doc: "Starts a detector that is INACTIVE or FAILED: its history is crawled and learned, then live intervals are judged. Answers at once; follow the status.",
  input: z.strictObject({ detector: detectorInput }),
  output: detectorSummary,
  async handle(system, input, app) {
    const detector = await findDetector(system, input.detector);
    await app.activate(detector);
    return describeDetector(await findDetector(system, detector.id), system);
  },
});
