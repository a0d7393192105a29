import type { SeriesKey } from "../series/series-key.ts";

/**
 * For each of `series` its ancestors among `series`: those of the same measure whose dimensions are a proper part of its
 * own (platform=ios and the total are ancestors of platform=ios, country=DE).
 *
 * O(series × combinations of dimensions of the sizes that occur): with totals and single values 1 + dimensions each.
 */
export function ancestorsAmong(series: Iterable<number>, keys: readonly SeriesKey[]): Map<number, number[]> {
  const all = [...series];
  const byText = new Map<string, number>();
  const sizes = new Map<string, Set<number>>(); // measure → numbers of dimensions that occur
  for (const s of all) {
    const key = keys[s]!;
    let ofMeasure = sizes.get(key.measure);
    if (ofMeasure === undefined) sizes.set(key.measure, (ofMeasure = new Set()));
    ofMeasure.add(key.dimensions.length);
  }
  const longest = new Map([...sizes].map(([measure, ofMeasure]) => [measure, Math.max(...ofMeasure)]));
  // The longest keys, mostly leaves, are nobody's ancestors: no text is built for them.
  for (const s of all) {
    const key = keys[s]!;
    if (key.dimensions.length < longest.get(key.measure)!) byText.set(partText(key, allOf(key)), s);
  }

  const ancestors = new Map<number, number[]>();
  for (const s of all) {
    const key = keys[s]!;
    const found: number[] = [];
    for (const size of sizes.get(key.measure)!) {
      if (size >= key.dimensions.length) continue;
      forEachPart(key.dimensions.length, size, (part) => {
        const ancestor = byText.get(partText(key, part));
        if (ancestor !== undefined) found.push(ancestor);
      });
    }
    ancestors.set(s, found);
  }
  return ancestors;
}

const allOf = (key: SeriesKey) => key.dimensions.map((_, d) => d);

function partText({ measure, dimensions }: SeriesKey, part: readonly number[]): string {
  const texts: (string | null)[] = [measure];
  for (const d of part) texts.push(dimensions[d]!.name, dimensions[d]!.value);
  return JSON.stringify(texts);
}

/** Calls `visit` with every choice of `size` out of 0 … count − 1, ascending. */
function forEachPart(count: number, size: number, visit: (part: readonly number[]) => void, chosen: number[] = []): void {
  if (chosen.length === size) {
    visit(chosen);
    return;
  }
  const from = chosen.length === 0 ? 0 : chosen[chosen.length - 1]! + 1;
  for (let d = from; d <= count - (size - chosen.length); d++) {
    chosen.push(d);
    forEachPart(count, size, visit, chosen);
    chosen.pop();
  }
}
