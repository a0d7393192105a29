import { intervalStartAt, nextIntervalStart } from "@foretop/engine";
import { z } from "zod";
import { UserError } from "../../telemetry/errors.ts";
import { describeInterval } from "../describe-interval.ts";
import { findDetector } from "../find-detector.ts";
import { operation } from "../operation.ts";
import { detectorInput, instantInput, instantText } from "../shapes/common.ts";
import { intervalSummary } from "../shapes/interval.ts";

export const rerunInterval = operation({
  name: "rerunInterval",
  method: "POST",
  path: "/v1/detectors/:detector/intervals/:start/rerun",
  doc: "Reads and judges one past interval again; the result is a new version beside the old.",
  input: z.strictObject({ detector: detectorInput, start: instantInput }),
  output: intervalSummary,
  async handle(system, input, app) {
    const detector = await findDetector(system, input.detector);
    const { frequency, zone } = detector.config;
    const startMs = Date.parse(input.start);
    const gridMs = intervalStartAt(startMs, frequency, zone);
    if (gridMs !== startMs) {
      throw new UserError(`no ${frequency} interval starts at ${input.start}`, {
        where: "start",
        advice: `The interval that holds it starts at ${instantText(gridMs)}.`,
      });
    }
    return describeInterval(await app.rerunInterval(detector, { startMs, endMs: nextIntervalStart(startMs, frequency, zone) }));
  },
});
