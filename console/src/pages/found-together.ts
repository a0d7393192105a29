import type { Cause, GroupDetail } from "../api/types.ts";

/** One item of the list of causes: a cause, or several that were found as one (values of one dimension, one change). */
export interface FoundTogether {
  readonly cause: Cause;
  /** the causes it is made of; empty for a single one */
  readonly parts: readonly Cause[];
}

/**
 * Causes that were found as one are shown as one, with their sums; rates, averages and distinct counts do not add up and
 * stay single. The largest share first.
 */
export function foundTogether({ causes, method }: NonNullable<GroupDetail["causes"]>): FoundTogether[] {
  if (method !== "sums") return causes.map((cause) => ({ cause, parts: [] }));
  const groups = new Map<number, Cause[]>();
  for (const cause of causes) {
    const group = groups.get(cause.together);
    if (group === undefined) groups.set(cause.together, [cause]);
    else group.push(cause);
  }
  return [...groups.values()].map((parts) => (parts.length === 1 ? { cause: parts[0]!, parts: [] } : { cause: merged(parts), parts })).sort((a, b) => b.cause.share - a.cause.share);
}

function merged(parts: readonly Cause[]): Cause {
  const [first] = parts;
  const expected = sum(parts, (part) => part.expected ?? 0);
  const actual = sum(parts, (part) => part.actual ?? 0);
  const names = Object.keys(first!.segment);
  const valuesOf = (name: string) => [...new Set(parts.map(({ segment }) => segment[name] ?? "null"))];
  return {
    ...first!,
    name: names.sort((a, b) => valuesOf(a).length - valuesOf(b).length).map((name) => `${name}=${valuesOf(name).sort().join(", ")}`).join(" & "),
    expected,
    actual,
    change: expected === 0 ? null : actual / expected - 1,
    share: sum(parts, ({ share }) => share),
    inGroup: parts.some(({ inGroup }) => inGroup),
    // What lies beside a value that others of the list share is among the list; only what all have in common is told.
    siblings: first!.siblings.filter(({ dimension, fixed }) => fixed && valuesOf(dimension).length === 1),
    sql: null,
  };
}

function sum(parts: readonly Cause[], of: (part: Cause) => number): number {
  return parts.reduce((total, part) => total + of(part), 0);
}
