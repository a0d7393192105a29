import { z } from "zod";
import { describeDetector } from "../describe-detector.ts";
import { findDetector } from "../find-detector.ts";
import { operation } from "../operation.ts";
import { detectorInput } from "../shapes/common.ts";
import { detectorSummary } from "../shapes/detector.ts";

export const muteDetector = operation({
  name: "muteDetector",
  method: "POST",
  path: "/v1/detectors/:detector/mute",
  doc: "Mutes a detector's alerts, or lets them speak again. Groups are still found and shown; their deliveries are kept as muted.",
  input: z.strictObject({ detector: detectorInput, muted: z.boolean({ error: "neither true nor false" }).describe("true to mute, false to unmute.") }),
  output: detectorSummary,
  async handle(system, input) {
    const { id } = await findDetector(system, input.detector);
    await system.store.detectors.setMuted(id, input.muted, system.clock.nowMs());
    return describeDetector(await findDetector(system, id), system);
  },
});
