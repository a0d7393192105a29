import { z } from "zod";
import { describeAttempt } from "../describe-interval.ts";
import { findDetector } from "../find-detector.ts";
import { instantCursor, rangeOf } from "../instant-cursor.ts";
import { operation } from "../operation.ts";
import { cursorInput, detectorInput, instantInput, limitInput, nextCursor } from "../shapes/common.ts";
import { attemptShape } from "../shapes/interval.ts";

export const listLedger = operation({
  name: "listLedger",
  method: "GET",
  path: "/v1/detectors/:detector/ledger",
  doc: "Every statement that was sent to the source, newest first, checks for late rows included: the statement with its bounds, rows, bytes, duration, and how it ended.",
  input: z.strictObject({
    detector: detectorInput,
    from: instantInput.optional(),
    to: instantInput.optional(),
    limit: limitInput,
    cursor: cursorInput,
  }),
  output: z.object({ attempts: z.array(attemptShape), nextCursor }),
  async handle(system, input) {
    const { id } = await findDetector(system, input.detector);
    const attempts = await system.store.ledger.list(id, { ...rangeOf(input), limit: input.limit, withChecks: true });
    const oldestMs = attempts.at(-1)?.interval.startMs;
    return {
      attempts: attempts.map(describeAttempt),
      nextCursor: attempts.length < input.limit || oldestMs === undefined ? null : instantCursor(oldestMs),
    };
  },
});
