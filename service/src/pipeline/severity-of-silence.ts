/**
 * How severe "no row at all" is, 0–100, from the rows that are usual: with a mean of n rows an interval, chance alone
 * leaves one empty with e^−n. Three rows are a quiet hour, thirty are an outage.
 *
 * Follows the scale of severities: 70 is where a finding is told by default, reached at 7 rows (1 in 1,100 intervals).
 */
export function severityOfSilence(rowsUsual: number): number {
  return 100 * (1 - Math.exp(-rowsUsual / ROWS_PER_SCALE));
}

const ROWS_PER_SCALE = 5.8; // 100·(1 − e^(−7/5.8)) = 70
