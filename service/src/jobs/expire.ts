/** Removes what is older than its detector's retention. A job without input: may run at any time, twice, or be killed. */
import type { System } from "../pipeline/system.ts";
import type { Detector } from "../resources/detector.ts";
import { retentionOf } from "../resources/retention.ts";

const DAY_MS = 86_400_000;

export interface ExpireReport {
  readonly intervals: number;
  /** files of points whose scores went */
  readonly rewritten: number;
  readonly attempts: number;
  readonly groups: number;
}

export async function expire({ id, config }: Detector, { store, clock }: Pick<System, "store" | "clock">, signal?: AbortSignal): Promise<ExpireReport> {
  const { pointsDays, scoresDays, checkpointsDays, ledgerDays, groupsDays } = retentionOf(config);
  const before = (days: number): number => clock.nowMs() - days * DAY_MS;
  const { intervals, rewritten } = await store.segments.expire(
    id,
    { pointsBeforeMs: before(pointsDays), scoresBeforeMs: before(scoresDays), checkpointsBeforeMs: before(checkpointsDays) },
    signal,
  );
  const attempts = await store.ledger.expire(id, before(ledgerDays));
  const { groups } = await store.groups.expire(id, before(groupsDays));
  return { intervals, rewritten, attempts, groups };
}
