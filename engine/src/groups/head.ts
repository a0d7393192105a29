/**
 * The head of a group: the smallest set of anomalous series that explains it, no parent together with its child.
 *
 * When one platform falls, the total falls, the platform, its countries' leaves, and each country a little. The head is
 * the platform. It is found from above: start at a series without an anomalous parent and go down to one of its
 * descendants while that one explains the deviation and what is left of the parent without it did not move alike.
 * What is then neither above, below nor beside a head series starts its own search.
 *
 * Only figures of anomalous series are used; the search through all combinations of dimensions is in causes/.
 */
import type { SeriesKey } from "../series/series-key.ts";
import { seriesKeyText } from "../series/series-key.ts";
import type { Anomaly } from "./group.ts";

/** A descendant explains its ancestor when it holds at least this share of the deviation … */
const EXPLAINED_SHARE_MIN = 0.5;
/** … and the rest of the ancestor changed by less than this share of the descendant's own change. */
const REST_CHANGE_MAX = 0.5;
/** Further additive head series below this share of the largest one's deviation are left to the members. */
const DEVIATION_SHARE_MIN = 0.1;
/** Without sums: a descendant may be this much less severe than the ancestor that it explains … */
const SEVERITY_SLACK = 5;
/** … and among more anomalous descendants than this none is looked for. */
const CANDIDATES_MAX = 200;

/**
 * @param anomalies  one interval's anomalies of one group, any order
 * @param ancestors  for each series its ancestors among the anomalies' series (more may be listed)
 * @returns series numbers, ascending; never empty unless `anomalies` is
 *
 * O(anomalies × head series); head series are few.
 */
export function headOf(
  anomalies: readonly Anomaly[],
  ancestors: ReadonlyMap<number, readonly number[]>,
  { keys, isAdditive }: { readonly keys: readonly SeriesKey[]; readonly isAdditive: boolean },
): number[] {
  const bySeries = new Map(anomalies.map((anomaly) => [anomaly.series, anomaly]));
  const texts = new Map(anomalies.map(({ series }) => [series, seriesKeyText(keys[series]!)]));
  const descendants = new Map<number, Anomaly[]>();
  for (const anomaly of anomalies) {
    for (const ancestor of ancestors.get(anomaly.series) ?? []) {
      if (!bySeries.has(ancestor)) continue;
      const list = descendants.get(ancestor);
      if (list === undefined) descendants.set(ancestor, [anomaly]);
      else list.push(anomaly);
    }
  }
  // Coarse before fine, large before small: the first search starts at the total where it is anomalous.
  const size = (anomaly: Anomaly) => (isAdditive ? Math.abs(deviationOf(anomaly)) : anomaly.severity);
  const order = [...anomalies].sort(
    (a, b) =>
      keys[a.series]!.dimensions.length - keys[b.series]!.dimensions.length ||
      size(b) - size(a) ||
      compareTexts(texts.get(a.series)!, texts.get(b.series)!),
  );

  const head: Anomaly[] = [];
  const explained = new Set<number>();
  const accept = (anomaly: Anomaly) => {
    head.push(anomaly);
    explained.add(anomaly.series);
    for (const ancestor of ancestors.get(anomaly.series) ?? []) explained.add(ancestor);
    for (const descendant of descendants.get(anomaly.series) ?? []) explained.add(descendant.series);
  };
  for (const root of order) {
    if (explained.has(root.series)) continue;
    if (head.some((h) => crossesAlike(h, root))) {
      explained.add(root.series);
      continue;
    }
    if (isAdditive && head.length > 0 && size(root) < DEVIATION_SHARE_MIN * Math.max(...head.map(size))) continue;
    let found = root;
    for (;;) {
      const free = (descendants.get(found.series) ?? []).filter(({ series }) => !explained.has(series));
      const next = isAdditive ? explainingDescendant(found, free) : relatedDescendant(found, free, { ancestors, crosses: crossesAlike });
      if (next === null) break;
      found = next;
    }
    accept(found);
  }
  return head.map(({ series }) => series).sort((a, b) => a - b);

  /** country=DE beside the head platform=ios: they overlap, and it moved less in the same direction. A leaf never crosses. */
  function crossesAlike(h: Anomaly, other: Anomaly): boolean {
    const dimensionsOfHead = keys[h.series]!.dimensions;
    const dimensionsOfOther = keys[other.series]!.dimensions;
    const overlaps = dimensionsOfOther.every(({ name }) => dimensionsOfHead.every((d) => d.name !== name));
    if (!overlaps || dimensionsOfHead.length === 0 || h.direction !== other.direction) return false;
    return size(other) <= size(h) * 1.001;
  }
}

/** Missing is what a stopped series shows: nothing of what was expected came. */
export function deviationOf({ actual, expected }: { actual: number; expected: number }): number {
  return (Number.isNaN(actual) ? 0 : actual) - expected;
}

/** The descendant that moved while the rest of its ancestor did not, the largest of them; null when there is none. */
function explainingDescendant(ancestor: Anomaly, candidates: readonly Anomaly[]): Anomaly | null {
  const deviation = deviationOf(ancestor);
  let best: Anomaly | null = null;
  for (const candidate of candidates) {
    const own = deviationOf(candidate);
    if (candidate.direction !== ancestor.direction || Math.abs(own) < EXPLAINED_SHARE_MIN * Math.abs(deviation)) continue;
    const restExpected = Math.abs(ancestor.expected - candidate.expected);
    // Nothing is left beside it: they are the same set of leaves, and the coarser name says it.
    if (restExpected <= 1e-9 * Math.abs(ancestor.expected)) continue;
    const restChange = Math.abs(deviation - own) / restExpected;
    const ownChange = Math.abs(own) / Math.max(Math.abs(candidate.expected), 1e-9 * restExpected);
    if (restChange >= REST_CHANGE_MAX * ownChange) continue;
    if (best === null || Math.abs(own) > Math.abs(deviationOf(best)) || (Math.abs(own) === Math.abs(deviationOf(best)) && candidate.series < best.series)) best = candidate;
  }
  return best;
}

/**
 * Averages and extremes have no rest to compare with: go down to a descendant as severe as its ancestor to which every
 * other anomalous descendant is related, or which it overlaps; the one that leaves the fewest to overlap.
 */
function relatedDescendant(
  ancestor: Anomaly,
  candidates: readonly Anomaly[],
  { ancestors, crosses }: { ancestors: ReadonlyMap<number, readonly number[]>; crosses: (head: Anomaly, other: Anomaly) => boolean },
): Anomaly | null {
  const alike = candidates.filter(({ direction }) => direction === ancestor.direction);
  if (alike.length > CANDIDATES_MAX) return null; // that many moved: the ancestor says it best
  let best: Anomaly | null = null;
  let fewestCrossing = Infinity;
  for (const candidate of alike) {
    if (candidate.severity < ancestor.severity - SEVERITY_SLACK) continue;
    let crossing = 0;
    const fits = alike.every((other) => {
      if (other === candidate || ancestors.get(other.series)!.includes(candidate.series) || ancestors.get(candidate.series)!.includes(other.series)) return true;
      crossing++;
      return crosses(candidate, other);
    });
    if (fits && (crossing < fewestCrossing || (crossing === fewestCrossing && candidate.severity > best!.severity))) {
      best = candidate;
      fewestCrossing = crossing;
    }
  }
  return best;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
