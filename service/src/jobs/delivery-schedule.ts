/**
 * When a delivery that failed is tried again. Without jitter, so that a re-run gives the same times; two installations
 * that hit one receiver together are rarer than somebody who asks "when will it try again?".
 */

/** Seconds to wait after the first, second … failed try: 8 tries over about 6 hours, then somebody has to look. */
export const RETRY_WAIT_SECONDS: readonly number[] = [30, 120, 300, 900, 2400, 7200, 10_800];

export const TRIES_MAX = RETRY_WAIT_SECONDS.length + 1;

/** A receiver may ask for more patience than the schedule has, up to this. */
export const RETRY_AFTER_MS_MAX = 6 * 3_600_000;

/**
 * The time of the next try, or null to give up.
 *
 * @param tries  failed tries so far, from 1
 * @param afterMs  what the receiver asked for (`Retry-After`), if it did
 */
export function nextTryAt(tries: number, nowMs: number, afterMs: number | undefined): number | null {
  const waitSeconds = RETRY_WAIT_SECONDS[tries - 1];
  if (waitSeconds === undefined) return null;
  return nowMs + Math.max(waitSeconds * 1000, Math.min(afterMs ?? 0, RETRY_AFTER_MS_MAX));
}
