import { rhythmOf } from "@foretop/engine";
import { z } from "zod";
import { UserError } from "../../telemetry/errors.ts";
import { asOfInput, asOfMs } from "../as-of.ts";
import { describePoints, startTexts } from "../describe-points.ts";
import { findDetector } from "../find-detector.ts";
import { knownSeries } from "../known-series.ts";
import { operation } from "../operation.ts";
import { seriesName } from "../series-name.ts";
import { detectorInput, instantInput } from "../shapes/common.ts";
import { seriesPoints } from "../shapes/series.ts";

const INTERVALS_DEFAULT = 672;
export const INTERVALS_MAX = 10_000;

export const getSeriesPoints = operation({
  name: "getSeriesPoints",
  method: "GET",
  path: "/v1/detectors/:detector/series/:series/points",
  doc: `One series over time with expected value, band, severity and findings; the last ${INTERVALS_DEFAULT} intervals unless a range is given.`,
  input: z.strictObject({
    detector: detectorInput,
    series: z.coerce.number({ error: "not a number" }).int("not a whole number").min(0, "under 0").describe("A series' number, from listSeries."),
    from: instantInput.optional(),
    to: instantInput.optional(),
    asOf: asOfInput,
  }),
  output: seriesPoints,
  async handle(system, { detector: name, series, from, to, asOf }) {
    const detector = await findDetector(system, name);
    const atMs = await asOfMs(system, asOf, [detector.id]);
    const { frequency, zone } = detector.config;
    const known = (await knownSeries(system, detector))[series];
    if (known === undefined) {
      throw new UserError(`detector "${detector.config.name}" has no series ${series}`, {
        code: "NOT_FOUND",
        where: "series",
        advice: "The detector's page and listSeries show the numbers.",
      });
    }
    const intervalMs = rhythmOf(frequency).intervalSeconds * 1000;
    const endMs = to === undefined ? (detector.headMs ?? system.clock.nowMs()) : Date.parse(to);
    const startMs = from === undefined ? endMs - INTERVALS_DEFAULT * intervalMs : Date.parse(from);
    if (startMs >= endMs) throw new UserError("the range is empty: from is not before to", { where: "from" });
    if ((endMs - startMs) / intervalMs > INTERVALS_MAX) {
      throw new UserError(`the range holds more than ${INTERVALS_MAX} intervals`, {
        code: "LIMIT",
        where: "from",
        advice: "Ask for a shorter range; several requests together give the whole.",
      });
    }
    const [points] = await system.store.segments.readSeries(detector.id, detector.generation, [series], { startMs, endMs, ...(atMs !== undefined && { asOfMs: atMs }) });
    const starts = points === undefined ? [] : Array.from(points.startMs);
    const columns = points === undefined ? { value: [], expected: [], lower: [], upper: [], severity: [], status: [], findings: [] } : describePoints(points, starts, detector);
    return { series, name: seriesName(known.key), measure: known.key.measure, zone, frequency, starts: startTexts(starts), ...columns };
  },
});
