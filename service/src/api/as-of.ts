import type { System } from "../pipeline/system.ts";
import { UserError } from "../telemetry/errors.ts";
import { instantInput, instantText } from "./shapes/common.ts";

/** Declared by every operation that can say what was known when. */
export const asOfInput = instantInput
  .optional()
  .describe("What was known then, exactly: an instant in ISO 8601 with an offset. The answer never changes afterwards.");

/**
 * The instant that is asked about, fixed: what becomes known later is dated after it.
 *
 * @param detectorIds  whose past; null = all
 * @returns undefined when nothing is asked; else epoch ms
 * @throws UserError when it is in the future, or before anything was known
 */
export async function asOfMs({ store, clock }: Pick<System, "store" | "clock">, asOf: string | undefined, detectorIds: readonly string[] | null): Promise<number | undefined> {
  if (asOf === undefined) return undefined;
  const atMs = Date.parse(asOf);
  const nowMs = clock.nowMs();
  if (atMs > nowMs) {
    throw new UserError(`asOf ${asOf} is in the future`, { where: "asOf", advice: `It is ${instantText(nowMs)} now. Leave asOf out to see what is known now.` });
  }
  const firstMs = await store.fixInstant(detectorIds, atMs);
  if (firstMs === null || atMs < firstMs) {
    throw new UserError(`nothing was known at ${asOf}`, {
      where: "asOf",
      advice: firstMs === null ? "No history has been learned yet." : `The first history became known at ${instantText(firstMs)}.`,
    });
  }
  return atMs;
}
