import { z } from "zod";
import { checkConfiguredSource } from "../../resources/check-source.ts";
import { findDetector } from "../find-detector.ts";
import { operation } from "../operation.ts";
import { detectorInput } from "../shapes/common.ts";
import { sourceFindings } from "../shapes/source-finding.ts";

export const checkSource = operation({
  name: "checkSource",
  method: "POST",
  path: "/v1/detectors/:detector/check",
  doc: "Asks a detector's source what `foretop doctor` shows: does it connect, may it read, is the role too powerful, is the timestamp indexed, do the clocks agree, are the columns there.",
  input: z.strictObject({ detector: detectorInput }),
  output: sourceFindings,
  async handle(system, input) {
    const { config } = await findDetector(system, input.detector);
    return { findings: [...(await checkConfiguredSource(config, system))] };
  },
});
