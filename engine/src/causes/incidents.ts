/**
 * Incidents: groups of several measures and detectors that belong together get one headline and one page.
 *
 * Two groups belong together when their times meet (within a few intervals) and there is a reason: their measures are
 * related (cause, effect, together) or a head segment of one is the other's, contains it or is contained in it. The
 * total of one measure alone is no reason: it contains everything.
 */
import type { DimensionValue } from "../series/series-key.ts";

/** Intervals that may lie between the groups' times: effects come later. */
const GAP_INTERVALS_MAX = 3;

export interface IncidentGroup {
  readonly id: string;
  readonly detector: string;
  readonly measure: string;
  readonly severity: number;
  readonly direction: "up" | "down" | "mixed";
  /** first and last anomalous interval's start */
  readonly startMs: number;
  readonly lastMs: number;
  readonly intervalSeconds: number;
  /** of its head */
  readonly segments: readonly (readonly DimensionValue[])[];
}

export interface Incident {
  /** the id of its first group: the earliest, then the most severe */
  readonly id: string;
  readonly groups: readonly string[];
  readonly startMs: number;
  readonly lastMs: number;
  readonly severity: number;
  /** one line for people */
  readonly headline: string;
}

/**
 * @param related  pairs of group ids whose measures were found to be related
 * @returns incidents of at least two groups, by start, then id; independent of the order of `groups`
 */
export function incidentsOf(groups: readonly IncidentGroup[], related: readonly (readonly [string, string])[]): Incident[] {
  const sorted = [...groups].sort((a, b) => a.startMs - b.startMs || b.severity - a.severity || (a.id < b.id ? -1 : 1));
  const root = sorted.map((_, k) => k);
  const find = (k: number): number => (root[k] === k ? k : find(root[k]!));
  const pairs = new Set(related.flatMap(([a, b]) => [`${a}\u0000${b}`, `${b}\u0000${a}`]));
  for (let a = 0; a < sorted.length; a++) {
    for (let b = a + 1; b < sorted.length; b++) {
      const [first, second] = [sorted[a]!, sorted[b]!];
      const gapMs = GAP_INTERVALS_MAX * 1000 * Math.max(first.intervalSeconds, second.intervalSeconds);
      if (second.startMs > first.lastMs + gapMs) continue;
      if (!pairs.has(`${first.id}\u0000${second.id}`) && !shareSegment(first, second)) continue;
      const [low, high] = [find(a), find(b)].sort((x, y) => x - y) as [number, number]; // two in, two out
      root[high] = low;
    }
  }
  const together = new Map<number, IncidentGroup[]>();
  for (const [k, group] of sorted.entries()) {
    const list = together.get(find(k));
    if (list === undefined) together.set(find(k), [group]);
    else list.push(group);
  }
  return [...together.values()].filter((list) => list.length > 1).map(incidentOf);
}

function incidentOf(groups: readonly IncidentGroup[]): Incident {
  const [first] = groups;
  return {
    id: first!.id,
    groups: groups.map(({ id }) => id),
    startMs: first!.startMs,
    lastMs: Math.max(...groups.map(({ lastMs }) => lastMs)),
    severity: Math.max(...groups.map(({ severity }) => severity)),
    headline: headlineOf(groups),
  };
}

/** Segments and measures that a headline names; the others are counted. */
const SEGMENTS_NAMED_MAX = 2;
const MEASURES_NAMED_MAX = 3;

function headlineOf(groups: readonly IncidentGroup[]): string {
  const word = { up: "above expected", down: "below expected", mixed: "off" };
  const [first, ...rest] = groups;
  const { measure, direction } = first!;
  const segments = first!.segments.filter((segment) => segment.length > 0).map((segment) => segment.map(({ name, value }) => `${name}=${value ?? "null"}`).join(" & "));
  const where = named(segments, SEGMENTS_NAMED_MAX);
  const others = [...new Set(rest.map((group) => group.measure))].filter((other) => other !== measure);
  const what = direction === "mixed" && segments.length > 1 ? `${measure} shifted between ${where}` : `${measure} ${word[direction]}${where === "" ? "" : ` in ${where}`}`;
  return others.length === 0 ? what : `${what}, with ${named(others, MEASURES_NAMED_MAX)}`;
}

/** "a", "a and b", "a, b and 3 more" */
function named(names: readonly string[], max: number): string {
  const parts = names.length > max ? [...names.slice(0, max), `${names.length - max} more`] : names;
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

function shareSegment(a: IncidentGroup, b: IncidentGroup): boolean {
  return a.segments.some((x) => x.length > 0 && b.segments.some((y) => y.length > 0 && (isPart(x, y) || isPart(y, x))));
}

/** Whether all of `part`'s values are among `whole`'s. */
function isPart(part: readonly DimensionValue[], whole: readonly DimensionValue[]): boolean {
  return part.every(({ name, value }) => whole.some((other) => other.name === name && other.value === value));
}
