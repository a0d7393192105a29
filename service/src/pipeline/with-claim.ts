/**
 * Long work on a detector's past holds a claim, so that the schedule does not commit an interval under it again and again.
 * The claim is a courtesy with a time limit: whoever holds it renews it, a dead process's runs out, and correctness stays
 * with the commit's fence.
 */
import { randomUUID } from "node:crypto";
import type { Detector } from "../resources/detector.ts";
import { UserError, describeError } from "../telemetry/errors.ts";
import type { System } from "./system.ts";

/** How long a claim lasts that nobody renews: as long a dead process keeps the schedule waiting. */
const CLAIM_MS = 60_000;
const RENEW_EVERY_MS = 15_000;

/**
 * @param doing  for whoever is kept waiting: "a back-fill of … to …"
 * @throws UserError code "CONFLICT" when somebody else holds it, saying what for
 */
export async function withClaim<T>(detector: Detector, { store, clock, log }: System, doing: string, run: () => Promise<T>): Promise<T> {
  const by = randomUUID(); // a token, compared and forgotten: nothing derives from it
  const claim = () => store.detectors.claim(detector.id, { by, doing, untilMs: clock.nowMs() + CLAIM_MS }, clock.nowMs());
  const holder = await claim();
  if (holder !== null) {
    throw new UserError(`${detector.config.name} is busy: ${holder}`, { code: "CONFLICT", advice: "Wait until it is done; a process that died loses its claim after a minute." });
  }
  const renewing = setInterval(() => {
    claim().catch((error: unknown) => log.warn({ detector: detector.config.name, error: describeError(error) }, "a claim could not be renewed"));
  }, RENEW_EVERY_MS);
  try {
    return await run();
  } finally {
    clearInterval(renewing);
    await store.detectors.releaseClaim(detector.id, by);
  }
}
