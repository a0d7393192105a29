import { z } from "zod";
import { asOfInput, asOfMs } from "../as-of.ts";
import { describeInterval } from "../describe-interval.ts";
import { findDetector } from "../find-detector.ts";
import { instantCursor, rangeOf } from "../instant-cursor.ts";
import { operation } from "../operation.ts";
import { cursorInput, detectorInput, instantInput, limitInput, nextCursor } from "../shapes/common.ts";
import { intervalSummary } from "../shapes/interval.ts";

export const listIntervals = operation({
  name: "listIntervals",
  method: "GET",
  path: "/v1/detectors/:detector/intervals",
  doc: "The detector log, newest first: what became of each live interval, with rows, series, anomalies and findings held back.",
  input: z.strictObject({
    detector: detectorInput,
    from: instantInput.optional(),
    to: instantInput.optional(),
    asOf: asOfInput,
    limit: limitInput,
    cursor: cursorInput,
  }),
  output: z.object({ intervals: z.array(intervalSummary), nextCursor }),
  async handle(system, input) {
    const { id } = await findDetector(system, input.detector);
    const atMs = await asOfMs(system, input.asOf, [id]);
    const records = await system.store.intervals.list(id, { ...rangeOf(input), limit: input.limit, ...(atMs !== undefined && { asOfMs: atMs }) });
    return {
      intervals: records.map(describeInterval),
      nextCursor: records.length < input.limit ? null : instantCursor(records.at(-1)!.interval.startMs),
    };
  },
});
