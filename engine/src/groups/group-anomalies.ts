/**
 * Puts the anomalies of one interval into groups, old and new.
 *
 * Two anomalies of a measure belong together when one is the other's ancestor (platform=ios and platform=ios, country=DE):
 * a parent and its children never make two groups. They also belong together when they are most of the children of a
 * parent that is not anomalous itself, because it has no series (averages) or because its children moved against each
 * other under a flat total. Everything else is a group of its own, however simultaneous.
 *
 * A group goes on when one of its series of the last intervals, or an ancestor or descendant of one, is anomalous on the
 * same side: a fall of one segment is not the sequel of another segment's spike only because both move the total. A head
 * series may change sides from one interval to the next (the rebound after a spike); after some intervals on one side the
 * rebound is told as part of the group, which keeps its side and its figures. What an interval connects is merged: the older
 * group survives. So a group never splits.
 */
import { KINDS, type Kind } from "../scores/judgement.ts";
import { seriesKeyText, type SeriesKey } from "../series/series-key.ts";
import type { Anomaly, AnomalyGroup, GroupingInput, GroupingResult, GroupMember } from "./group.ts";
import { QUIET_INTERVALS_MAX } from "./group.ts";
import { deviationOf, headOf } from "./head.ts";
import { ancestorsAmong } from "./relatives.ts";

/** "Most" of a parent's children: at least two, and this share of them. */
const MOST_CHILDREN_SHARE = 0.6;
/** A head series that has deviated on one side for more intervals than this has a side: its rebound goes with the group and changes nothing of it. */
const REBOUND_LEADS_MAX = 2;
/** Severities this close are one rarity to a reader: then the larger deviation is shown. */
const SEVERITY_SLACK = 1;

/**
 * Pure, and independent of the order of `anomalies` and `open`. A series anomalous twice in an interval counts once, the
 * more severe. "recovery" is no anomaly: it opens nothing, and closes the open group whose head it belongs to.
 *
 * @returns groups sorted by start, then id
 *
 * O(anomalies × dimensions), and one pass over all keys of a measure when several of its anomalies are unconnected.
 */
export function groupAnomalies(input: GroupingInput): GroupingResult {
  const anomalies = onePerSeries(input.anomalies.filter(({ kind }) => kind !== "recovery" && kind !== "none"));
  const recovered = new Set(input.anomalies.filter(({ kind }) => kind === "recovery").map(({ series }) => series));
  const measures = new Set([...anomalies.map(({ series }) => input.keys[series]!.measure), ...input.open.map(({ measure }) => measure)]);
  const groups: AnomalyGroup[] = [];
  for (const measure of measures) {
    const ofMeasure = anomalies.filter(({ series }) => input.keys[series]!.measure === measure);
    const open = input.open.filter((group) => group.measure === measure && group.status === "open").sort(olderFirst);
    groups.push(...groupMeasure(measure, { anomalies: ofMeasure, open, recovered, input }));
  }
  return { groups: groups.sort(olderFirst) };
}

interface MeasureInput {
  readonly anomalies: readonly Anomaly[];
  readonly open: readonly AnomalyGroup[];
  readonly recovered: ReadonlySet<number>;
  readonly input: GroupingInput;
}

function groupMeasure(measure: string, { anomalies, open, recovered, input }: MeasureInput): AnomalyGroup[] {
  if (anomalies.length === 0) return open.map((group) => quieter(group, recovered));
  const { keys, startMs, intervalSeconds } = input;
  // Half an interval of tolerance: a day of a zone with daylight saving has 23 to 25 hours.
  const recentMs = startMs - (QUIET_INTERVALS_MAX + 1.5) * intervalSeconds * 1000;
  const groupsOf = new Map<number, RecentMember[]>(); // series → where it was a member lately
  for (const [g, group] of open.entries()) {
    for (const { series, lastMs, direction } of group.members) {
      if (lastMs < recentMs) continue;
      const wasHeadJustNow = group.head.includes(series) && lastMs >= startMs - 1.5 * intervalSeconds * 1000;
      listIn(groupsOf, series).push({ group: g, direction, wasHeadJustNow });
    }
  }
  const indexOf = new Map(anomalies.map(({ series }, a) => [series, a]));
  const ancestors = ancestorsAmong(new Set([...indexOf.keys(), ...groupsOf.keys()]), keys);

  // One node for each anomaly, then one for each open group.
  const sets = disjointSets(anomalies.length + open.length);
  const groupNode = (g: number) => anomalies.length + g;
  for (const [a, { series, direction }] of anomalies.entries()) {
    for (const relative of [series, ...ancestors.get(series)!]) {
      const other = indexOf.get(relative);
      if (other !== undefined) sets.join(a, other);
      for (const member of groupsOf.get(relative) ?? []) {
        const rebounds = relative === series && member.wasHeadJustNow;
        if (member.direction === direction || rebounds) sets.join(a, groupNode(member.group));
      }
    }
  }
  for (const [series, members] of groupsOf) {
    for (const ancestor of ancestors.get(series)!) {
      const a = indexOf.get(ancestor);
      if (a === undefined) continue;
      for (const member of members) if (member.direction === anomalies[a]!.direction) sets.join(a, groupNode(member.group));
    }
  }
  joinMostChildren(measure, { anomalies, keys, sets });

  const groups: AnomalyGroup[] = [];
  const anomaliesOf = new Map<number, Anomaly[]>();
  for (const [a, anomaly] of anomalies.entries()) listIn(anomaliesOf, sets.find(a)).push(anomaly);
  const openOf = new Map<number, AnomalyGroup[]>();
  for (const [g, group] of open.entries()) listIn(openOf, sets.find(groupNode(g))).push(group);
  for (const [root, quiet] of openOf) if (!anomaliesOf.has(root)) groups.push(...quiet.map((group) => quieter(group, recovered)));
  for (const [root, together] of anomaliesOf) {
    const [survivor, ...younger] = openOf.get(root) ?? []; // open is sorted, the oldest comes first
    groups.push(withAnomalies(survivor ?? null, younger, { measure, anomalies: together, ancestors, input }));
    for (const group of younger) {
      groups.push({ ...group, status: "merged", mergedInto: survivor!.id, revision: group.revision + 1 });
    }
  }
  return groups;
}

/** A series of an open group that was anomalous lately. */
interface RecentMember {
  /** index of the group in `open` */
  readonly group: number;
  readonly direction: "up" | "down";
  readonly wasHeadJustNow: boolean;
}

function quieter(group: AnomalyGroup, recovered: ReadonlySet<number>): AnomalyGroup {
  const quietIntervals = group.quietIntervals + 1;
  const ends = quietIntervals > QUIET_INTERVALS_MAX || group.head.some((series) => recovered.has(series));
  return { ...group, quietIntervals, status: ends ? "closed" : "open", revision: group.revision + (ends ? 1 : 0) };
}

/** The group `survivor` (null: a new one) with this interval's anomalies and the groups that it swallows. */
function withAnomalies(
  survivor: AnomalyGroup | null,
  younger: readonly AnomalyGroup[],
  {
    measure,
    anomalies,
    ancestors,
    input,
  }: { measure: string; anomalies: readonly Anomaly[]; ancestors: ReadonlyMap<number, readonly number[]>; input: GroupingInput },
): AnomalyGroup {
  const { keys, startMs } = input;
  const members = new Map<number, GroupMember>();
  for (const group of survivor === null ? [] : [survivor, ...younger]) {
    for (const member of group.members) members.set(member.series, unitedMember(members.get(member.series), member));
  }
  for (const anomaly of anomalies) members.set(anomaly.series, unitedMember(members.get(anomaly.series), firstMember(anomaly, startMs)));
  const isAdditive = input.isAdditive(measure);
  const head = headOf(anomalies, ancestors, { keys, isAdditive });
  const now = figuresOf(head, anomalies, isAdditive);
  const severityNow = Math.max(...anomalies.map(({ severity }) => severity));
  const isRebound = survivor !== null && younger.length === 0 && isLateRebound(head, { anomalies, survivor });
  const showsNow = survivor === null || younger.length > 0 || (!isRebound && isPeak(severityNow, now, survivor));
  const shownHead = showsNow ? head : survivor.head;
  const shown = showsNow ? now : survivor;
  const headMembers = shownHead.map((series) => members.get(series)!);
  return {
    id: survivor?.id ?? input.hash(idText(input.generation, measure, { anomalies, keys, startMs })),
    revision: (survivor?.revision ?? 0) + 1,
    measure,
    status: "open",
    mergedInto: null,
    kind: commonKind(headMembers),
    direction: commonDirection(headMembers),
    severity: Math.max(isRebound ? 0 : severityNow, survivor?.severity ?? 0, ...younger.map(({ severity }) => severity)),
    startMs: Math.min(startMs, survivor?.startMs ?? startMs, ...younger.map((group) => group.startMs)),
    lastMs: startMs,
    peakMs: showsNow ? startMs : survivor.peakMs,
    members: [...members.values()].sort((a, b) => a.series - b.series),
    head: shownHead,
    actual: shown.actual,
    expected: shown.expected,
    lower: shown.lower,
    upper: shown.upper,
    quietIntervals: 0,
  };
}

/** Whether the group has lasted on one side, and all that leads now is its own head on the other side. */
function isLateRebound(head: readonly number[], { anomalies, survivor }: { anomalies: readonly Anomaly[]; survivor: AnomalyGroup }): boolean {
  const before = new Map(survivor.members.map((member) => [member.series, member]));
  return anomalies
    .filter(({ series }) => head.includes(series))
    .every(({ series, direction }) => {
      const member = before.get(series);
      return member !== undefined && hasSide(member) && member.direction !== direction;
    });
}

function hasSide({ intervalCount }: GroupMember): boolean {
  return intervalCount > REBOUND_LEADS_MAX;
}

interface Figures {
  readonly actual: number;
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Whether an interval's figures are shown in place of the earlier ones: the more severe ones, but never figures that
 * contradict the group (inside the band, or on the other side) while there are others. A lasting shift is found by many
 * small deviations: its most severe interval may well lie inside the band.
 */
function isPeak(severity: number, now: Figures, before: AnomalyGroup): boolean {
  const speaksNow = isOutside(now);
  if (speaksNow !== isOutside(before)) return speaksNow;
  // Both inside: then at least the figures should lie on the side that the group is on.
  const side = before.direction === "mixed" ? 0 : before.direction === "up" ? 1 : -1;
  const agrees = (figures: Figures): boolean => deviationOf(figures) * side > 0;
  if (!speaksNow && side !== 0 && agrees(now) !== agrees(before)) return agrees(now);
  if (severity > before.severity + SEVERITY_SLACK) return true;
  return severity >= before.severity - SEVERITY_SLACK && Math.abs(deviationOf(now)) > Math.abs(deviationOf(before));
}

function isOutside({ actual, lower, upper }: Figures): boolean {
  return Number.isNaN(actual) || actual < lower || actual > upper;
}

function figuresOf(head: readonly number[], anomalies: readonly Anomaly[], isAdditive: boolean): Figures {
  const inHead = new Set(head);
  const shown = anomalies.filter(({ series }) => inHead.has(series)).sort((a, b) => b.severity - a.severity || a.series - b.series);
  const first = shown[0]!;
  // Of segments that move against each other the sum would say nothing: the most severe one speaks for them.
  const isMixed = shown.some(({ direction }) => direction !== first.direction);
  if (!isAdditive || shown.length === 1 || isMixed) return { actual: first.actual, expected: first.expected, lower: first.lower, upper: first.upper };
  shown.sort((a, b) => a.series - b.series);
  let actual = NaN;
  let expected = 0;
  let below = 0;
  let above = 0;
  for (const anomaly of shown) {
    if (!Number.isNaN(anomaly.actual)) actual = (Number.isNaN(actual) ? 0 : actual) + anomaly.actual;
    expected += anomaly.expected;
    below += (anomaly.expected - anomaly.lower) ** 2;
    above += (anomaly.upper - anomaly.expected) ** 2;
  }
  return { actual, expected, lower: expected - Math.sqrt(below), upper: expected + Math.sqrt(above) };
}

function firstMember(anomaly: Anomaly, startMs: number): GroupMember {
  const { series, kind, direction, severity, actual, expected, lower, upper } = anomaly;
  return { series, kind, direction, severity, startMs, lastMs: startMs, intervalCount: 1, peakMs: startMs, actual, expected, lower, upper };
}

/** Figures of the more severe part, the earlier one when equal; the more lasting kind: a dip that lasts is a shift. */
function unitedMember(before: GroupMember | undefined, next: GroupMember): GroupMember {
  if (before === undefined) return next;
  if (hasSide(before) && next.intervalCount === 1 && next.direction !== before.direction) {
    return { ...before, lastMs: Math.max(before.lastMs, next.lastMs), intervalCount: before.intervalCount + 1 };
  }
  const peak = next.severity > before.severity || (next.severity === before.severity && next.peakMs < before.peakMs) ? next : before;
  const lasting = lastingRank(next.kind) - lastingRank(before.kind);
  return {
    ...peak,
    kind: lasting > 0 ? next.kind : lasting < 0 ? before.kind : peak.kind,
    startMs: Math.min(before.startMs, next.startMs),
    lastMs: Math.max(before.lastMs, next.lastMs),
    intervalCount: before.intervalCount + next.intervalCount,
  };
}

const LASTING: readonly Kind[] = ["change of spread", "drift", "level shift", "flat line", "drop to zero", "stopped"];

function lastingRank(kind: Kind): number {
  return LASTING.indexOf(kind) + 1;
}

/** The kind that most show; of equally many the more lasting one. */
function commonKind(members: readonly GroupMember[]): Kind {
  const count = new Map<Kind, number>();
  for (const { kind } of members) count.set(kind, (count.get(kind) ?? 0) + 1);
  const kinds = [...count.keys()].sort(
    (a, b) => count.get(b)! - count.get(a)! || lastingRank(b) - lastingRank(a) || KINDS.indexOf(a) - KINDS.indexOf(b),
  );
  return kinds[0]!;
}

function commonDirection(members: readonly GroupMember[]): "up" | "down" | "mixed" {
  const first = members[0]!.direction;
  return members.every(({ direction }) => direction === first) ? first : "mixed";
}

function idText(
  generation: string,
  measure: string,
  { anomalies, keys, startMs }: { anomalies: readonly Anomaly[]; keys: readonly SeriesKey[]; startMs: number },
): string {
  // By key, not by number: two services that met the series in another order give the same id.
  const texts = anomalies.map(({ series }) => seriesKeyText(keys[series]!));
  return JSON.stringify([generation, measure, texts.reduce((a, b) => (b < a ? b : a)), startMs]);
}

/**
 * Joins anomalies that are most of the children of one parent which is not anomalous itself. A parent's children are
 * the next longer keys below it: single values below the total where they are kept, else leaves.
 */
function joinMostChildren(
  measure: string,
  { anomalies, keys, sets }: { anomalies: readonly Anomaly[]; keys: readonly SeriesKey[]; sets: DisjointSets },
): void {
  const roots = new Set(anomalies.map((_, a) => sets.find(a)));
  if (roots.size < 2) return;
  let leafSize = 0;
  const hasSize = new Set<number>();
  for (const key of keys) {
    if (key.measure !== measure) continue;
    hasSize.add(key.dimensions.length);
    leafSize = Math.max(leafSize, key.dimensions.length);
  }
  if (leafSize === 0) return;
  // Children of the total along each dimension, then of each single value: how many there are, which are anomalous.
  const children = new Map<string, { count: number; anomalous: number[] }>();
  const anomalyAt = new Map(anomalies.map(({ series }, a) => [series, a]));
  const note = (parent: string, a: number | undefined) => {
    let entry = children.get(parent);
    if (entry === undefined) children.set(parent, (entry = { count: 0, anomalous: [] }));
    entry.count++;
    if (a !== undefined) entry.anomalous.push(a);
  };
  const hasSingles = leafSize > 1 && hasSize.has(1);
  for (const [series, key] of keys.entries()) {
    if (key.measure !== measure) continue;
    const a = anomalyAt.get(series);
    const { dimensions } = key;
    if (hasSingles && dimensions.length === 1) note(JSON.stringify([dimensions[0]!.name]), a);
    if (dimensions.length !== leafSize) continue;
    if (!hasSingles) note("total", a);
    if (leafSize > 1) for (const { name, value } of dimensions) note(JSON.stringify([name, value]), a);
  }
  for (const { count, anomalous } of children.values()) {
    if (anomalous.length < 2 || anomalous.length < MOST_CHILDREN_SHARE * count) continue;
    for (const a of anomalous) sets.join(anomalous[0]!, a);
  }
}

function onePerSeries(anomalies: readonly Anomaly[]): Anomaly[] {
  const bySeries = new Map<number, Anomaly>();
  for (const anomaly of anomalies) {
    const other = bySeries.get(anomaly.series);
    if (other === undefined || anomaly.severity > other.severity) bySeries.set(anomaly.series, anomaly);
  }
  return [...bySeries.values()].sort((a, b) => a.series - b.series);
}

function olderFirst(a: AnomalyGroup, b: AnomalyGroup): number {
  return a.startMs - b.startMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function listIn<K, V>(lists: Map<K, V[]>, key: K): V[] {
  let list = lists.get(key);
  if (list === undefined) lists.set(key, (list = []));
  return list;
}

interface DisjointSets {
  readonly find: (node: number) => number;
  readonly join: (a: number, b: number) => void;
}

/** Union-find; the smallest node is its set's root, so that nothing depends on the order of joins. */
function disjointSets(count: number): DisjointSets {
  const parent = Int32Array.from({ length: count }, (_, node) => node);
  const find = (node: number): number => {
    while (parent[node] !== node) {
      parent[node] = parent[parent[node]!]!;
      node = parent[node]!;
    }
    return node;
  };
  return {
    find,
    join: (a, b) => {
      const [low, high] = [find(a), find(b)].sort((x, y) => x - y) as [number, number]; // two in, two out
      parent[high] = low;
    },
  };
}
