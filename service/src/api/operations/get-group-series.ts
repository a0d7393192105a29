import { nextIntervalStart, rhythmOf, type AnomalyGroup, type Frequency } from "@foretop/engine";
import { z } from "zod";
import { asOfInput } from "../as-of.ts";
import { describePoints, sharedStarts, startTexts } from "../describe-points.ts";
import { findGroup } from "../find-group.ts";
import { knownSeries } from "../known-series.ts";
import { operation } from "../operation.ts";
import { offsetCursor, offsetOf } from "../offset-cursor.ts";
import { dimensionsOf, seriesName } from "../series-name.ts";
import { cursorInput, instantText } from "../shapes/common.ts";
import { groupInput } from "../shapes/group.ts";
import { groupSeriesOutput } from "../shapes/series.ts";

/** Intervals before the group that are shown with it: 28 days of hours as in the retired console (reference §3.4). */
const CONTEXT_INTERVALS: Readonly<Record<Frequency, number>> = { PT5M: 864, PT10M: 1008, PT1H: 672, P1D: 180 };
const CONTEXT_INTERVALS_MAX = 3000;
/** Intervals after the group's last one, so that one sees it end. */
const AFTER_INTERVALS = 24;
const SERIES_PER_PAGE_DEFAULT = 4;
const SERIES_PER_PAGE_MAX = 20;

export const getGroupSeries = operation({
  name: "getGroupSeries",
  method: "GET",
  path: "/v1/groups/:group/series",
  doc: "The series of a group over time, with expected value and band: the head first, then the others, the most severe first. Before the group 28 days are shown for hourly data (3 days for PT5M, 7 for PT10M, 180 for P1D).",
  input: z.strictObject({
    group: groupInput,
    asOf: asOfInput,
    contextIntervals: z.coerce
      .number({ error: "not a number" })
      .int("not a whole number")
      .min(0, "under 0")
      .max(CONTEXT_INTERVALS_MAX, `over ${CONTEXT_INTERVALS_MAX}`)
      .optional()
      .describe(`Intervals to show before the group, 0 to ${CONTEXT_INTERVALS_MAX}.`),
    limit: z.coerce
      .number({ error: "not a number" })
      .int("not a whole number")
      .min(1, "under 1")
      .max(SERIES_PER_PAGE_MAX, `over ${SERIES_PER_PAGE_MAX}`)
      .default(SERIES_PER_PAGE_DEFAULT)
      .describe(`Series a page, 1 to ${SERIES_PER_PAGE_MAX}; ${SERIES_PER_PAGE_DEFAULT} by default.`),
    cursor: cursorInput,
  }),
  output: groupSeriesOutput,
  async handle(system, { group: groupId, asOf, contextIntervals, limit, cursor }) {
    const { stored, detector, atMs } = await findGroup(system, groupId, asOf);
    const { group } = stored;
    const { frequency, zone } = detector.config;
    const offset = offsetOf(cursor);
    const members = inOrder(group);
    const page = members.slice(offset, offset + limit);
    const intervalMs = rhythmOf(frequency).intervalSeconds * 1000;
    const range = {
      startMs: group.startMs - (contextIntervals ?? CONTEXT_INTERVALS[frequency]) * intervalMs,
      endMs: Math.min(group.lastMs + (AFTER_INTERVALS + 1) * intervalMs, detector.headMs ?? Infinity),
      ...(atMs !== undefined && { asOfMs: atMs }),
    };
    const all = await system.store.segments.readSeries(detector.id, stored.generation, page.map(({ series }) => series), range);
    const pointsOf = new Map(all.map((points) => [points.series, points]));
    const starts = sharedStarts(all);
    const known = await knownSeries(system, { ...detector, generation: stored.generation }, { including: group.members.map((member) => member.series) });
    const head = new Set(group.head);
    return {
      groupId: group.id,
      measure: group.measure,
      zone,
      frequency,
      group: { start: instantText(group.startMs), end: instantText(nextIntervalStart(group.lastMs, frequency, zone)) },
      starts: startTexts(starts),
      series: page.flatMap(({ series, severity }) => {
        const points = pointsOf.get(series);
        const stored = known[series];
        if (points === undefined || stored === undefined) return [];
        return [
          {
            series,
            name: seriesName(stored.key),
            dimensions: dimensionsOf(stored.key),
            isLeaf: stored.isLeaf,
            isHead: head.has(series),
            groupSeverity: severity,
            ...describePoints(points, starts, detector),
          },
        ];
      }),
      total: members.length,
      nextCursor: offsetCursor(offset + limit, members.length),
    };
  },
});

function inOrder({ members, head }: AnomalyGroup) {
  const isHead = new Set(head);
  return [...members].sort(
    (a, b) => Number(isHead.has(b.series)) - Number(isHead.has(a.series)) || b.severity - a.severity || a.series - b.series,
  );
}
