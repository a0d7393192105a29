import { z } from "zod";
import { timeSeriesId } from "../../resources/time-series-id.ts";
import { findDetector } from "../find-detector.ts";
import { knownSeries } from "../known-series.ts";
import { pointsNeededBy } from "../learning.ts";
import { offsetCursor, offsetOf } from "../offset-cursor.ts";
import { operation } from "../operation.ts";
import { dimensionsOf, seriesName } from "../series-name.ts";
import { cursorInput, detectorInput, instantText, limitInput, nextCursor } from "../shapes/common.ts";
import { seriesShape } from "../shapes/series.ts";

export const listSeries = operation({
  name: "listSeries",
  method: "GET",
  path: "/v1/detectors/:detector/series",
  doc: "The series of a detector, roll-ups first, with what each still needs to be judged.",
  input: z.strictObject({
    detector: detectorInput,
    measure: z.string().max(255).optional().describe("Series of this measure only."),
    search: z.string().max(255).optional().describe("Series whose name contains this text, in any case."),
    limit: limitInput,
    cursor: cursorInput,
  }),
  output: z.object({ series: z.array(seriesShape), total: z.number(), nextCursor }),
  async handle(system, { detector: name, measure, search, limit, cursor }) {
    const detector = await findDetector(system, name);
    const wanted = search?.toLowerCase();
    const matching = (await knownSeries(system, detector))
      .filter(({ key }) => measure === undefined || key.measure === measure)
      .filter(({ key }) => wanted === undefined || seriesName(key).toLowerCase().includes(wanted))
      .sort((a, b) => a.key.dimensions.length - b.key.dimensions.length || a.number - b.number);
    const offset = offsetOf(cursor);
    return {
      series: matching.slice(offset, offset + limit).map(({ number, key, isLeaf, firstSeenMs }) => ({
        series: number,
        id: timeSeriesId(detector.id, key),
        name: seriesName(key),
        measure: key.measure,
        dimensions: dimensionsOf(key),
        isLeaf,
        firstSeen: instantText(firstSeenMs),
        pointsNeeded: pointsNeededBy(detector, firstSeenMs),
      })),
      total: matching.length,
      nextCursor: offsetCursor(offset + limit, matching.length),
    };
  },
});
