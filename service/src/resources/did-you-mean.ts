/**
 * The known name that a mistyped one was most likely meant to be, or null: case, `_`/`-`, and up to a third of its letters wrong;
 * else the only one that begins like it.
 */
export function didYouMean(name: string, known: readonly string[]): string | null {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[_\-\s]/g, "");
  const target = plain(name);
  let best: { name: string; distance: number } | null = null;
  for (const candidate of known) {
    const distance = editDistance(target, plain(candidate));
    if (distance <= Math.max(1, Math.floor(Math.max(target.length, candidate.length) / 3)) && (best === null || distance < best.distance)) {
      best = { name: candidate, distance };
    }
  }
  if (best !== null) return best.name;
  const begun = known.filter((candidate) => target.length >= 4 && (plain(candidate).startsWith(target) || target.startsWith(plain(candidate))));
  return begun.length === 1 ? begun[0]! : null;
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). O(a × b), for short names. */
function editDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array.from({ length: b.length }, () => 0)]);
  for (let j = 0; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let d = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = d;
    }
  }
  return rows[a.length]![b.length]!;
}
