import type { PointsSegment } from "../store/store.ts";

/** Whether what is stored of an interval is what was just computed: values, counts and everything said about them. */
export function samePoints(stored: PointsSegment, computed: PointsSegment, startMs: number): boolean {
  const rows: number[] = [];
  for (let row = 0; row < stored.startMs.length; row++) if (stored.startMs[row] === startMs) rows.push(row);
  if (rows.length !== computed.series.length) return false;
  return rows.every((row, i) => {
    if (stored.series[row] !== computed.series[i] || !same(stored.value[row]!, computed.value[i]!)) return false;
    if (stored.count[row] !== computed.count[i]) return false;
    // Scores expire before their points do: nothing is known of them that could differ.
    if (stored.scores === null || computed.scores === null) return true;
    const a = stored.scores;
    const b = computed.scores;
    return (
      a.kind[row] === b.kind[i] &&
      a.status[row] === b.status[i] &&
      a.heldBack[row] === b.heldBack[i] &&
      near(a.severity[row]!, b.severity[i]!) &&
      near(a.expected[row]!, b.expected[i]!)
    );
  });
}

function same(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

/** Scores may be stored with 32 bits: equal as far as those can tell. */
function near(a: number, b: number): boolean {
  return same(a, b) || Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b));
}
