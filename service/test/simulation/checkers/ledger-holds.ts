import type { Facts } from "../facts.ts";
import { iso, Violation } from "../violation.ts";

/** An attempt that has ended never changes; an interval in effect rests on a reading of it that ended well. */
export function ledgerHolds({ attempts, intervals }: Facts, before: Facts | null): void {
  const wrong = (message: string): never => {
    throw new Violation("the ledger holds", message);
  };
  const textBefore = new Map(before?.attempts.map(({ id, outcome, text }) => [id, { outcome, text }]));
  const attemptOf = new Map(attempts.map((attempt) => [attempt.id, attempt]));
  for (const { id, text } of attempts) {
    const was = textBefore.get(id);
    if (was !== undefined && was.outcome !== "running" && was.text !== text) wrong(`${id} was "${was.text}" and is "${text}"`);
  }
  for (const id of textBefore.keys()) if (!attemptOf.has(id)) wrong(`${id} is gone`);
  for (const { start_ms, end_ms, version, status, attempt_id } of intervals) {
    if (status === "FAILED") continue;
    const attempt = attempt_id === null ? undefined : attemptOf.get(attempt_id);
    if (attempt === undefined) return wrong(`${iso(start_ms)} version ${version} rests on no attempt`);
    if (attempt.outcome !== "succeeded") wrong(`${iso(start_ms)} version ${version} rests on ${attempt.id}, which ended as ${attempt.outcome}`);
    if (attempt.start_ms > start_ms || attempt.end_ms < end_ms) wrong(`${iso(start_ms)} version ${version} rests on ${attempt.id}, which did not read it`);
  }
}
