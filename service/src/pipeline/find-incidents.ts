/**
 * Incidents: groups of several measures and detectors that belong together, from what is stored. Nothing is kept of them:
 * the same groups give the same incidents, whoever asks.
 *
 * Two groups belong together when their times meet and one of their segments is part of the other's, or when the history
 * of their measures links them (find-related.ts). The total of a measure alone is no reason: it holds everything.
 */
import { incidentsOf, rhythmOf, type Incident, type IncidentGroup } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import type { Store, StoredGroup } from "../store/store.ts";
import { findRelated } from "./find-related.ts";

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
  const memberOf = new Map(known.map((member) => [member.stored.group.id, member]));
  const found = incidentsOf(known.map(describe), await linkedPairs(known, store));
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

/** Pairs of groups whose measures are linked by their history; only where another measure of the detector was off too. */
async function linkedPairs(known: readonly { stored: StoredGroup; detector: Detector }[], store: Store): Promise<[string, string][]> {
  const isNear = (a: StoredGroup, b: StoredGroup, intervalMs: number) => a.group.startMs <= b.group.lastMs + 3 * intervalMs && b.group.startMs <= a.group.lastMs + 3 * intervalMs;
  const worth = known.filter(({ stored, detector }) => {
    const intervalMs = rhythmOf(detector.config.frequency).intervalSeconds * 1000;
    const isCurrent = stored.generation === detector.generation;
    return isCurrent && known.some((other) => other.detector === detector && other.stored.group.measure !== stored.group.measure && isNear(stored, other.stored, intervalMs));
  });
  const pairs: [string, string][] = [];
  for (const { stored, detector } of worth.slice(0, LINKED_GROUPS_MAX)) {
    for (const { groupId } of (await findRelated(stored, detector, [], store)).related) if (groupId !== null) pairs.push([stored.group.id, groupId]);
  }
  return pairs;
}
