import { exp, ln } from "../stats/elementary.ts";

/** A score that means "rare" (docs/models/severity.md): severity 63 at one such unit, 70 at 6.75. */
export const SCORE_PER_SEVERITY = 5.6;

/** Severity 0–100 of a point or shift score: 100·(1 − e^(−score/5.6)). NaN stays NaN. */
export function severityOf(score: number): number {
  return 100 * (1 - exp(-score / SCORE_PER_SEVERITY));
}

/** The score at which the severity is reached; Infinity at 100. */
export function scoreOf(severity: number): number {
  if (severity <= 0) return 0;
  if (severity >= 100) return Infinity;
  return -SCORE_PER_SEVERITY * ln(1 - severity / 100);
}
