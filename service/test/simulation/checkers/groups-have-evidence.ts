import type { Facts } from "../facts.ts";
import { iso, Violation } from "../violation.ts";

/** Each revision names a reading that ended well and covers the interval whose figures it shows. */
export function groupsHaveEvidence({ detector, revisions, attempts }: Facts): void {
  const attemptOf = new Map(attempts.map((attempt) => [attempt.id, attempt]));
  for (const { group_id, revision, body } of revisions) {
    const { evidence, headline, group } = body;
    const wrong = (message: string): never => {
      throw new Violation("groups have evidence", `${group_id} revision ${revision} ${message}`);
    };
    const attempt = attemptOf.get(evidence.attemptId);
    if (attempt === undefined) return wrong(`names the attempt "${evidence.attemptId}", which is not in the ledger`);
    if (attempt.outcome !== "succeeded") wrong(`rests on the attempt ${attempt.id}, which ended as ${attempt.outcome}`);
    if (evidence.interval.startMs < attempt.start_ms || evidence.interval.endMs > attempt.end_ms) wrong(`shows ${iso(evidence.interval.startMs)}, its attempt read ${iso(attempt.start_ms)}–${iso(attempt.end_ms)}`);
    if (evidence.interval.startMs !== group.peakMs) wrong(`shows the figures of ${iso(group.peakMs)}, its evidence is of ${iso(evidence.interval.startMs)}`);
    if (evidence.statement === "" || evidence.parameters.length === 0) wrong("has no statement");
    if (evidence.configHash !== detector.config_hash) wrong("names another configuration");
    if (headline === "") wrong("has no headline");
  }
}
