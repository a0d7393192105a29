/**
 * What a correction does to groups: those that came out differently get their next revision with the reason, those that
 * did not come out at all are retracted. A difference too small to matter makes no revision, so that groups don't flap.
 */
import type { AnomalyGroup } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import type { Store, StoredGroup } from "../store/store.ts";

/** Figures that move by less than this share of the band make no revision. */
const FIGURE_SHARE_MIN = 0.02;
/** Nor does a severity that moves by less than this. */
const SEVERITY_MIN = 0.5;
/** Groups of one detector that one correction may touch. */
const GROUPS_READ_MAX = 10_000;

export interface ReviseInput {
  readonly detector: Detector;
  /** groups that the replay left otherwise than the store has them, from the first changed interval on */
  readonly changed: readonly StoredGroup[];
  /** of all groups that the replay saw from the first changed interval on */
  readonly ids: ReadonlySet<string>;
  /** groups that were open before the first changed interval, by the same replay */
  readonly openBefore: readonly AnomalyGroup[];
  readonly fromMs: number;
  readonly reason: string;
  readonly knownAtMs: number;
  readonly store: Pick<Store, "groups">;
}

export async function revisedGroups({ detector, changed, ids, openBefore, fromMs, reason, knownAtMs, store }: ReviseInput): Promise<StoredGroup[]> {
  const revised: StoredGroup[] = [];
  for (const stored of changed) {
    const previous = await store.groups.get(stored.group.id);
    const revision = (previous?.group.revision ?? 0) + 1;
    revised.push({ ...stored, group: { ...stored.group, revision }, reason, knownAtMs });
  }
  const known = new Set([...ids, ...openBefore.map(({ id }) => id)]);
  const { groups } = await store.groups.list({ detectorId: detector.id, fromMs, limit: GROUPS_READ_MAX });
  for (const stored of groups) {
    // A group that ended before the first changed interval is none of our business.
    if (known.has(stored.group.id) || stored.group.lastMs < fromMs || stored.generation !== detector.generation) continue;
    const group = { ...stored.group, status: "retracted" as const, revision: stored.group.revision + 1 };
    revised.push({ ...stored, group, reason, knownAtMs });
  }
  return revised.sort((a, b) => (a.group.id < b.group.id ? -1 : 1));
}

export function isSameGroup(a: AnomalyGroup, b: AnomalyGroup): boolean {
  const band = Math.max(Math.abs(a.upper - a.lower), Math.abs(b.upper - b.lower));
  const near = (x: number, y: number): boolean =>
    x === y || (Number.isNaN(x) && Number.isNaN(y)) || Math.abs(x - y) <= FIGURE_SHARE_MIN * band;
  return (
    a.status === b.status &&
    a.kind === b.kind &&
    a.direction === b.direction &&
    a.startMs === b.startMs &&
    a.lastMs === b.lastMs &&
    a.mergedInto === b.mergedInto &&
    String(a.head) === String(b.head) &&
    membersText(a) === membersText(b) &&
    Math.abs(a.severity - b.severity) < SEVERITY_MIN &&
    near(a.actual, b.actual) &&
    near(a.expected, b.expected)
  );
}

/** What decides how a group goes on: who is in it, as what, on which side, until when. Their figures may differ a little, too. */
function membersText({ members }: AnomalyGroup): string {
  return members.map(({ series, kind, direction, startMs, lastMs }) => `${series} ${kind} ${direction} ${startMs} ${lastMs}`).join(", ");
}
