/**
 * What is planted in the replayed days: one incident of each kind, sizes fixed, time and place from the seed. They
 * never overlap and lie at least `QUIET_HOURS_MIN` apart, and no two narrow ones share a marketplace, so that each can
 * be told from the others.
 *
 * The two spikes of a single combination happen while its customers are awake, as campaigns and wrong prices do. (At
 * four in the morning the same factor is a hundred views: docs/demo.md says how many of those would be missed.)
 */
import { uniform } from "./hash-noise.ts";
import type { DemoPeriod } from "./demo-period.ts";
import { HOUR_MS, MARKETPLACES, PLATFORMS, REPLAY_DAYS, type DemoMeasure } from "./warehouse-shape.ts";

export type IncidentKind =
  | "spike"
  | "revenue spike"
  | "platform to zero"
  | "level shift"
  | "slow decay"
  | "stops reporting"
  | "mix shift";

export interface Incident {
  readonly kind: IncidentKind;
  /** [startMs, endMs), whole hours */
  readonly startMs: number;
  readonly endMs: number;
  /** indexes into PLATFORMS and MARKETPLACES: every combination of the two lists is touched */
  readonly platforms: readonly number[];
  readonly marketplaces: readonly number[];
  readonly measures: readonly DemoMeasure[];
}

/** Relative sizes: part of what the demo promises, not to be tuned to what a detector happens to see. */
export const SPIKE_FACTOR = 1.8;
export const LEVEL_SHIFT_FACTOR = 0.75;
export const DECAY_FLOOR_FACTOR = 0.6;
export const DECAY_HOURS = 24;
/** share of the first platform's views that moves to the other one, the total staying what it was */
export const MIX_SHIFT_SHARE = 0.4;
/** from which platform to which */
export const MIX_SHIFT_PLATFORMS = { from: 0, to: 2 } as const;

const HOURS: Readonly<Record<IncidentKind, number>> = {
  spike: 2,
  "revenue spike": 2,
  "platform to zero": 5,
  "level shift": 48,
  "slow decay": DECAY_HOURS + 12,
  "stops reporting": 8,
  "mix shift": 12,
};
const KINDS = Object.keys(HOURS) as IncidentKind[]; // the record has exactly the kinds as keys

/** Spikes choose their hour of the day, so a whole day is kept free for them. */
const ROOM: Readonly<Record<IncidentKind, number>> = { ...HOURS, spike: 24 + HOURS.spike, "revenue spike": 24 + HOURS["revenue spike"] };
/** local start of a spike: from the first of these hours to the last */
const AWAKE = { firstHour: 8, lastHour: 20 } as const;

const QUIET_HOURS_MIN = 18;
const FIRST_HOURS_QUIET = 24;
const LAST_HOURS_QUIET = 6;
const STREAM = 11;

export function planIncidents(seed: number, period: DemoPeriod): readonly Incident[] {
  const kinds = shuffled(KINDS, seed, STREAM);
  const marketplaces = shuffled(MARKETPLACES.map((_, index) => index), seed, STREAM + 1);

  const busy = KINDS.reduce((sum, kind) => sum + ROOM[kind], 0);
  const spare = REPLAY_DAYS * 24 - FIRST_HOURS_QUIET - LAST_HOURS_QUIET - busy - (kinds.length - 1) * QUIET_HOURS_MIN;
  // Where the spare hours are cut: sorted, so that incident k starts after k − 1 of the cuts' shares.
  const cuts = kinds.map((_, k) => Math.floor(uniform(seed, STREAM + 2, k) * (spare + 1))).sort((a, b) => a - b);

  let hour = FIRST_HOURS_QUIET;
  return kinds.map((kind, k) => {
    const roomMs = period.replayFromMs + (hour + cuts[k]) * HOUR_MS;
    hour += ROOM[kind] + QUIET_HOURS_MIN;
    const place = placeOf(kind, marketplaces, seed);
    const startMs = ROOM[kind] === HOURS[kind] ? roomMs : awakeFrom(roomMs, place.marketplaces[0], uniform(seed, STREAM + 4, k));
    return { kind, startMs, endMs: startMs + HOURS[kind] * HOUR_MS, ...place };
  });
}

/** A start in the day from `roomMs` at which it is day in the marketplace; `choice` in [0, 1) picks the hour. */
function awakeFrom(roomMs: number, marketplace: number, choice: number): number {
  const { firstHour, lastHour } = AWAKE;
  const wanted = firstHour + Math.floor(choice * (lastHour - firstHour + 1));
  const localHour = (Math.floor(roomMs / HOUR_MS) + MARKETPLACES[marketplace].utcHours) % 24;
  return roomMs + ((wanted - localHour + 24) % 24) * HOUR_MS;
}

/** What an incident does to one combination in one hour; the mix shift moves views and is `movedShare`. */
export interface Effect {
  readonly viewsFactor: number;
  readonly revenueFactor: number;
  /** no rows at all */
  readonly absent: boolean;
}

export function effectOf(incident: Incident, hourMs: number): Effect {
  switch (incident.kind) {
    case "spike":
      return { viewsFactor: SPIKE_FACTOR, revenueFactor: 1, absent: false };
    case "revenue spike":
      return { viewsFactor: 1, revenueFactor: SPIKE_FACTOR, absent: false };
    case "platform to zero":
      return { viewsFactor: 0, revenueFactor: 1, absent: false };
    case "level shift":
      return { viewsFactor: LEVEL_SHIFT_FACTOR, revenueFactor: 1, absent: false };
    case "slow decay": {
      const hours = Math.min((hourMs - incident.startMs) / HOUR_MS + 1, DECAY_HOURS);
      return { viewsFactor: 1 - ((1 - DECAY_FLOOR_FACTOR) * hours) / DECAY_HOURS, revenueFactor: 1, absent: false };
    }
    case "stops reporting":
      return { viewsFactor: 1, revenueFactor: 1, absent: true };
    case "mix shift":
      return NO_EFFECT; // it moves views between platforms: the traffic model does that
  }
}

export const NO_EFFECT: Effect = { viewsFactor: 1, revenueFactor: 1, absent: false };

/** The incident that touches a combination in an hour, if any: they never overlap. */
export function incidentAt(
  incidents: readonly Incident[],
  { hourMs, platform, marketplace }: { hourMs: number; platform: number; marketplace: number },
): Incident | null {
  for (const incident of incidents) {
    if (hourMs < incident.startMs || hourMs >= incident.endMs) continue;
    if (incident.platforms.includes(platform) && incident.marketplaces.includes(marketplace)) return incident;
  }
  return null;
}

function placeOf(
  kind: IncidentKind,
  marketplaces: readonly number[],
  seed: number,
): Pick<Incident, "platforms" | "marketplaces" | "measures"> {
  const anyPlatform = Math.floor(uniform(seed, STREAM + 3, KINDS.indexOf(kind)) * PLATFORMS.length);
  const allPlatforms = PLATFORMS.map((_, index) => index);
  const allMarketplaces = MARKETPLACES.map((_, index) => index);
  const both: readonly DemoMeasure[] = ["views", "revenue"]; // revenue is price × views
  switch (kind) {
    case "spike":
      return { platforms: [anyPlatform], marketplaces: [marketplaces[0]], measures: both };
    case "revenue spike":
      return { platforms: [anyPlatform], marketplaces: [marketplaces[1]], measures: ["revenue"] };
    case "platform to zero":
      return { platforms: [anyPlatform], marketplaces: allMarketplaces, measures: both };
    case "level shift":
      return { platforms: allPlatforms, marketplaces: [marketplaces[2]], measures: both };
    case "slow decay":
      return { platforms: allPlatforms, marketplaces: [marketplaces[3]], measures: both };
    case "stops reporting":
      return { platforms: allPlatforms, marketplaces: [marketplaces[4]], measures: both };
    case "mix shift":
      return {
        platforms: [MIX_SHIFT_PLATFORMS.from, MIX_SHIFT_PLATFORMS.to],
        marketplaces: allMarketplaces,
        measures: both,
      };
  }
}

function shuffled<T>(items: readonly T[], seed: number, stream: number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(uniform(seed, stream, i) * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
