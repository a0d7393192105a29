/**
 * Contributions as the wire has them, whole numbers, by largest remainder: what sums to 100 still does. Equal remainders
 * go to the earlier value.
 */
export function wholeContributions(scores: readonly number[]): number[] {
  const whole = scores.map(Math.floor);
  const missing = Math.round(scores.reduce((sum, score) => sum + score, 0)) - whole.reduce((sum, score) => sum + score, 0);
  const byRemainder = scores.map((score, v) => ({ v, remainder: score - Math.floor(score) })).sort((a, b) => b.remainder - a.remainder || a.v - b.v);
  for (const { v } of byRemainder.slice(0, Math.max(0, missing))) whole[v]! += 1;
  return whole;
}
