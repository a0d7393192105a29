/**
 * Incidents: groups of several measures and detectors that belong together, from what is stored. Nothing is kept of them:
 * the same groups give the same incidents, whoever asks.
 *
 * Two groups belong together when their times meet and one of their segments is part of the other's, or when the history
 * of their measures links them, or a declared relation does (find-related.ts): measures of one detector, and of detectors
 * that the configuration links. The total of a measure alone is no reason: it holds everything.
 */
import { incidentsOf, rhythmOf, type Incident, type IncidentGroup } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import type { Store, StoredGroup } from "../store/store.ts";
import { findRelated } from "./find-related.ts";
import { linkedDetectors, type LinkedDetector } from "./linked-detectors.ts";

/** Groups of a range that are put together; the newest are kept. */
export const INCIDENT_GROUPS_MAX = 500;
/** Groups whose history is looked at for links: each costs a reading of up to 2,000 intervals. */
const LINKED_GROUPS_MAX = 40;

export interface FoundIncident extends Incident {
  /** in order of the incident's ids: the earliest first */
  readonly members: readonly { readonly stored: StoredGroup; readonly detector: Detector }[];
}

export interface IncidentFindings {
  /** the newest first */
  readonly incidents: readonly FoundIncident[];
  /** true when the range holds more groups than are put together */
  readonly isCut: boolean;
}

export async function findIncidents({ fromMs, toMs, severityMin }: { fromMs: number; toMs: number; severityMin: number }, store: Store): Promise<IncidentFindings> {
  const detectors = new Map((await store.detectors.list()).map((detector) => [detector.id, detector]));
  const { groups, nextCursor } = await store.groups.list({ fromMs, toMs, severityMin, limit: INCIDENT_GROUPS_MAX });
  const known = groups.flatMap((stored) => {
    const detector = detectors.get(stored.detectorId);
    return detector === undefined ? [] : [{ stored, detector }];
  });
  const linkedOf = (member: Known) => linkedDetectors(member.detector, member.stored.group.measure, [...detectors.values()]).linked;
  const memberOf = new Map(known.map((member) => [member.stored.group.id, member]));
  const found = incidentsOf(known.map(describe), await linkedPairs(known, linkedOf, store));
  return {
    incidents: found.map((incident) => ({ ...incident, members: incident.groups.map((id) => memberOf.get(id)!) })).sort((a, b) => b.startMs - a.startMs || (a.id < b.id ? -1 : 1)),
    isCut: nextCursor !== null,
  };
}

function describe({ stored, detector }: { stored: StoredGroup; detector: Detector }): IncidentGroup {
  const { id, measure, severity, direction, startMs, lastMs } = stored.group;
  return {
    id,
    detector: detector.config.name,
    measure,
    severity,
    direction,
    startMs,
    lastMs,
    intervalSeconds: rhythmOf(detector.config.frequency).intervalSeconds,
    segments: stored.segments.map((segment) => Object.entries(segment).map(([name, value]) => ({ name, value }))),
  };
}

interface Known {
  readonly stored: StoredGroup;
  readonly detector: Detector;
}

/** Pairs of groups whose measures are linked by their history or by declaration; only where another of the measures was off too. */
async function linkedPairs(known: readonly Known[], linkedOf: (member: Known) => readonly LinkedDetector[], store: Store): Promise<[string, string][]> {
  const isNear = (a: StoredGroup, b: StoredGroup, intervalMs: number) => a.group.startMs <= b.group.lastMs + 3 * intervalMs && b.group.startMs <= a.group.lastMs + 3 * intervalMs;
  const worth = known.flatMap((member) => {
    const { stored, detector } = member;
    if (stored.generation !== detector.generation) return [];
    const intervalMs = rhythmOf(detector.config.frequency).intervalSeconds * 1000;
    const linked = linkedOf(member);
    const mayBeLinked = (other: Known): boolean =>
      other.detector === detector
        ? other.stored.group.measure !== stored.group.measure
        : linked.some((link) => link.detector === other.detector && (link.measures === null || link.measures.includes(other.stored.group.measure)));
    return known.some((other) => other !== member && mayBeLinked(other) && isNear(stored, other.stored, intervalMs)) ? [{ ...member, linked }] : [];
  });
  const pairs: [string, string][] = [];
  // Groups of linked detectors that began together belong together: that is what the link says, history or not.
  for (const { stored, detector, linked } of worth) {
    const nearMs = 3 * rhythmOf(detector.config.frequency).intervalSeconds * 1000;
    for (const other of known) {
      const isLinked = linked.some((link) => link.detector === other.detector && (link.measures === null || link.measures.includes(other.stored.group.measure)));
      if (isLinked && Math.abs(other.stored.group.startMs - stored.group.startMs) <= nearMs) pairs.push([stored.group.id, other.stored.group.id]);
    }
  }
  for (const { stored, detector, linked } of worth.slice(0, LINKED_GROUPS_MAX)) {
    for (const { groupId } of (await findRelated(stored, detector, linked, store)).related) if (groupId !== null) pairs.push([stored.group.id, groupId]);
  }
  return pairs;
}
