import type { Facts } from "../facts.ts";
import type { SimWorld } from "../sim-world.ts";
import { Violation } from "../violation.ts";

/**
 * A revision that did not simply come with the next interval says why it is there. Revisions count from 1 without
 * holes, the group is at the last one, and none ever changes.
 */
export function revisionsHaveReasons({ correctedRevisions }: SimWorld, { revisions, groups }: Facts, before: Facts | null): void {
  const wrong = (message: string): never => {
    throw new Violation("revisions have reasons", message);
  };
  const hashBefore = new Map(before?.revisions.map(({ group_id, revision, hash }) => [`${group_id} ${revision}`, hash]));
  for (const { id, revision } of groups) {
    const own = revisions.filter(({ group_id }) => group_id === id);
    if (own.length !== revision || own.some((each, i) => each.revision !== i + 1)) wrong(`${id} is at revision ${revision}, stored are ${own.map((each) => each.revision).join(", ")}`);
  }
  for (const { group_id, revision, hash, body } of revisions) {
    const key = `${group_id} ${revision}`;
    if (correctedRevisions.has(key) && (body.reason ?? "") === "") wrong(`${key} came with a correction and has no reason`);
    if (!correctedRevisions.has(key) && body.reason !== null) wrong(`${key} came with the next interval and says "${body.reason}"`);
    if (hashBefore.has(key) && hashBefore.get(key) !== hash) wrong(`${key} was changed after it was committed`);
  }
}
