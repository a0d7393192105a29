import { z } from "zod";
import type { System } from "../../pipeline/system.ts";
import type { Detector } from "../../resources/detector.ts";
import type { GroupFilter } from "../../store/store.ts";
import { UserError } from "../../telemetry/errors.ts";
import { asOfInput, asOfMs } from "../as-of.ts";
import { describeGroup } from "../describe-group.ts";
import { findDetector } from "../find-detector.ts";
import { operation } from "../operation.ts";
import { cursorInput, detectorInput, instantInput, instantText, limitInput, severityInput } from "../shapes/common.ts";
import { listGroupsOutput } from "../shapes/group.ts";

/** Measures that are counted one by one in the statistics. */
const MEASURES_COUNTED_MAX = 50;

export const listGroups = operation({
  name: "listGroups",
  method: "GET",
  path: "/v1/groups",
  doc: "Anomaly groups, newest first; of one detector or of all. Retracted and merged groups are left out. `statistics` counts all that match.",
  input: z.strictObject({
    detector: detectorInput.optional(),
    severityMin: severityInput.default(0),
    measure: z.string().max(255).optional().describe("Groups of this measure only."),
    from: instantInput.optional().describe("Groups that overlap [from, to). An instant in ISO 8601 with an offset."),
    to: instantInput.optional().describe("Groups that overlap [from, to). An instant in ISO 8601 with an offset."),
    status: z.enum(["open", "closed"]).optional().describe("open: still going on; closed: quiet for more than 3 intervals."),
    asOf: asOfInput,
    limit: limitInput,
    cursor: cursorInput,
  }),
  output: listGroupsOutput,
  async handle(system, { detector, severityMin, measure, from, to, status, asOf, limit, cursor }) {
    const fromMs = from === undefined ? undefined : Date.parse(from);
    const toMs = to === undefined ? undefined : Date.parse(to);
    if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
      throw new UserError(`the range is empty: from ${from} is not before to ${to}`, { where: "from" });
    }
    const detectors = detector === undefined ? await system.store.detectors.list() : [await findDetector(system, detector)];
    const atMs = await asOfMs(system, asOf, detector === undefined ? null : [detectors[0]!.id]);
    const filter = {
      severityMin,
      ...(detector !== undefined && { detectorId: detectors[0]!.id }),
      ...(measure !== undefined && { measure }),
      ...(fromMs !== undefined && { fromMs }),
      ...(toMs !== undefined && { toMs }),
      ...(status !== undefined && { status }),
      ...(atMs !== undefined && { asOfMs: atMs }),
    };
    const { groups, total, nextCursor } = await system.store.groups.list({ ...filter, limit, ...(cursor !== undefined && { cursor }) });
    const detectorById = new Map(detectors.map((each) => [each.id, each]));
    return {
      groups: groups.flatMap((stored) => {
        const owner = detectorById.get(stored.detectorId);
        return owner === undefined ? [] : [describeGroup(stored, owner)]; // deleted between the two queries
      }),
      nextCursor,
      statistics: { total, from: fromMs === undefined ? searchedFrom(detectors) : instantText(fromMs), byMeasure: await countByMeasure(system, detectors, filter) },
    };
  },
});

/** Where judging began: the earliest live start of the detectors. */
function searchedFrom(detectors: readonly Detector[]): string | null {
  const starts = detectors.flatMap(({ liveFromMs }) => (liveFromMs === null ? [] : [liveFromMs]));
  return starts.length === 0 ? null : instantText(Math.min(...starts));
}

async function countByMeasure({ store }: System, detectors: readonly Detector[], filter: Omit<GroupFilter, "limit">) {
  const names = new Set(detectors.flatMap(({ config }) => config.measures.map(({ name }) => name)));
  const counted = [];
  for (const measure of [...names].sort().slice(0, MEASURES_COUNTED_MAX)) {
    if (filter.measure !== undefined && filter.measure !== measure) continue;
    const { total } = await store.groups.list({ ...filter, measure, limit: 1 });
    if (total > 0) counted.push({ measure, count: total });
  }
  return counted;
}
