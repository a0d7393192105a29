import { z } from "zod";
import type { Detector } from "../../resources/detector.ts";
import { relationText } from "../../pipeline/declared-relations.ts";
import { findRelated, RELATED_MEASURES_MAX, type DeclaredRelated } from "../../pipeline/find-related.ts";
import { linkedDetectors } from "../../pipeline/linked-detectors.ts";
import { UserError } from "../../telemetry/errors.ts";
import { findDetector } from "../find-detector.ts";
import { findGroup } from "../find-group.ts";
import { operation } from "../operation.ts";
import { figureOf, instantText } from "../shapes/common.ts";
import { groupInput } from "../shapes/group.ts";
import { relatedOutput } from "../shapes/related.ts";

const LINKED_MAX = 10;

export const getRelated = operation({
  name: "getRelated",
  method: "GET",
  path: "/v1/groups/:group/related",
  doc: `What else moved with a group: the other measures of its detector, and of detectors that its configuration links or that you name, by the order of their onsets and the history of their residuals (up to ${RELATED_MEASURES_MAX} measures). A relation is evidence, not proof.`,
  input: z.strictObject({
    group: groupInput,
    with: z.string().max(1000, "longer than 1000 characters").optional().describe(`Detectors of the same frequency to compare with beside the linked ones, by name, separated by commas; at most ${LINKED_MAX}.`),
  }),
  output: relatedOutput,
  async handle(system, input) {
    const { stored, detector } = await findGroup(system, input.group);
    if (stored.generation !== detector.generation) {
      throw new UserError("the group is of before the detector learned anew", { code: "CONFLICT", where: "group", advice: "Its history is gone, so that nothing can be compared with it." });
    }
    const { linked, broken } = linkedDetectors(detector, stored.group.measure, await system.store.detectors.list());
    const asked = await askedDetectors(input.with, detector, (name) => findDetector(system, name));
    const all = [...linked.filter(({ detector: { id } }) => !asked.some((each) => each.id === id)), ...asked.map((each) => ({ detector: each, measures: null }))];
    const found = await findRelated(stored, detector, all, system.store);
    return {
      group: stored.group.id,
      detector: detector.config.name,
      measure: stored.group.measure,
      related: found.related.map((one) => ({
        detector: one.detector.config.name,
        measure: one.measure,
        series: one.series,
        relation: one.related.relation,
        declared: one.declared === null ? null : describeDeclared(one.declared),
        onset: instantText(one.onsetMs),
        lagIntervals: one.related.lag,
        strength: figureOf(one.related.strength),
        percentage: one.related.percentage,
        timesBefore: one.related.timesBefore,
        group: one.groupId,
      })),
      unknownPercentage: found.unknownPercentage,
      historyCount: found.historyCount,
      hasHistory: found.hasHistory,
      segment: Object.fromEntries(found.segment.map(({ name, value }) => [name, value])),
      notes: [...found.notes, ...broken.map((each) => `Not compared with ${each}.`)],
      notCompared: [...found.left],
    };
  },
});

function describeDeclared({ split, expected, actual, amount, share }: DeclaredRelated) {
  return { relation: relationText(split.relation), expected: figureOf(expected), actual: figureOf(actual), amount, share };
}

async function askedDetectors(names: string | undefined, own: Detector, find: (name: string) => Promise<Detector>): Promise<Detector[]> {
  const wanted = [...new Set((names ?? "").split(",").map((name) => name.trim()).filter((name) => name !== "" && name !== own.config.name))];
  if (wanted.length > LINKED_MAX) throw new UserError(`${wanted.length} detectors are linked, at most ${LINKED_MAX} can be`, { where: "with" });
  const linked: Detector[] = [];
  for (const name of wanted) {
    const detector = await find(name);
    if (detector.config.frequency !== own.config.frequency) {
      throw new UserError(`"${name}" has intervals of ${detector.config.frequency}, "${own.config.name}" of ${own.config.frequency}`, { where: "with", advice: "Only detectors of the same frequency can be compared." });
    }
    linked.push(detector);
  }
  return linked;
}
