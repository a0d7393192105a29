import { KINDS } from "../scores/judgement.ts";
import type { Kind } from "../scores/judgement.ts";

/** Most telling first: what an event turned out to be explains what it looked like at its start. */
const BY_WEIGHT: readonly Kind[] = ["stopped", "drop to zero", "flat line", "level shift", "dip", "spike", "recovery"];
const ORDER = BY_WEIGHT.map((kind) => KINDS.indexOf(kind));

/**
 * The kind of a whole event from the kinds of its points: a shift begins like a spike, a drop to zero like a dip.
 *
 * @param kinds  [point] indexes into KINDS, 0 where nothing was found
 * @returns index into KINDS; 0 when no point was found
 *
 * @example
 * kindOfEvent([KINDS.indexOf("dip"), KINDS.indexOf("dip"), KINDS.indexOf("drop to zero")]) // → drop to zero
 */
export function kindOfEvent(kinds: ArrayLike<number>): number {
  let best = ORDER.length;
  for (let i = 0; i < kinds.length; i++) {
    const rank = ORDER.indexOf(kinds[i]);
    if (rank >= 0 && rank < best) best = rank;
  }
  return best < ORDER.length ? ORDER[best] : 0;
}
