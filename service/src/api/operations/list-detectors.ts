import { z } from "zod";
import { describeDetector } from "../describe-detector.ts";
import { operation } from "../operation.ts";
import { detectorSummary } from "../shapes/detector.ts";

export const listDetectors = operation({
  name: "listDetectors",
  method: "GET",
  path: "/v1/detectors",
  doc: "All detectors in order of their names: status, last interval, lag, open groups, last failure.",
  input: z.strictObject({}),
  output: z.object({ detectors: z.array(detectorSummary) }),
  async handle(system) {
    const detectors = [...(await system.store.detectors.list())].sort((a, b) => (a.config.name < b.config.name ? -1 : 1));
    return { detectors: await Promise.all(detectors.map((detector) => describeDetector(detector, system))) };
  },
});
