import { nextIntervalStart } from "@foretop/engine";
import { z } from "zod";
import { UserError } from "../../telemetry/errors.ts";
import { asOfInput, asOfMs } from "../as-of.ts";
import { describeAttempt, describeInterval } from "../describe-interval.ts";
import { findDetector } from "../find-detector.ts";
import { operation } from "../operation.ts";
import { detectorInput, instantInput } from "../shapes/common.ts";
import { intervalDetail } from "../shapes/interval.ts";

const ATTEMPTS_MAX = 50;

export const getInterval = operation({
  name: "getInterval",
  method: "GET",
  path: "/v1/detectors/:detector/intervals/:start",
  doc: "One interval: what came of it, its data quality, and every reading of it in the ledger.",
  input: z.strictObject({
    detector: detectorInput,
    start: instantInput,
    asOf: asOfInput,
  }),
  output: intervalDetail,
  async handle(system, input) {
    const { store } = system;
    const { id, config } = await findDetector(system, input.detector);
    const atMs = await asOfMs(system, input.asOf, [id]);
    const startMs = Date.parse(input.start);
    const record = await store.intervals.get(id, startMs, atMs);
    if (record === null) {
      throw new UserError(`detector "${config.name}" has no interval that starts at ${input.start}${atMs === undefined ? "" : `, or had not judged it by ${input.asOf}`}`, {
        code: "NOT_FOUND",
        where: "start",
        advice: "`foretop interval list` (listIntervals) shows those there are; history is read as a whole and has none.",
      });
    }
    const endMs = nextIntervalStart(startMs, config.frequency, config.zone);
    const listed = await store.ledger.list(id, { startMs, endMs, limit: ATTEMPTS_MAX });
    const attempts = atMs === undefined ? listed : listed.filter(({ endedMs }) => endedMs !== null && endedMs <= atMs);
    return {
      ...describeInterval(record),
      quality: (await store.intervals.quality(id, startMs, atMs)).map((metric) => ({ ...metric })),
      attempts: attempts.map(describeAttempt),
      asked: await store.ledger.asked(id, { startMs, endMs }, atMs),
    };
  },
});
