/** How many views the shop's combinations have in an hour, and what a view earns: rhythm, growth, noise, incidents. */
import { bell, uniform } from "./hash-noise.ts";
import { effectOf, incidentAt, MIX_SHIFT_PLATFORMS, MIX_SHIFT_SHARE, NO_EFFECT, type Incident } from "./incidents.ts";
import type { DemoPeriod } from "./demo-period.ts";
import { DAY_MS, HOUR_MS, MARKETPLACES, PLATFORMS } from "./warehouse-shape.ts";

/** Columns are [marketplace × platform], row-major. */
export interface HourOfTraffic {
  /** mean views; the rows add their own counting noise */
  readonly views: Float64Array;
  /** revenue per view */
  readonly price: Float64Array;
  /** 1 where the combination reports nothing at all */
  readonly absent: Uint8Array;
}

const STREAM = 31;
const YEAR_MS = 365 * DAY_MS;
// Relative deviations. The days' waves are common to a marketplace or a platform and change slowly, as campaigns and
// weather do; the hour's own noise belongs to one combination.
const MARKETPLACE_WAVE = 0.02;
const PLATFORM_WAVE = 0.012;
const OWN_NOISE = 0.025;
const PRICE_NOISE = 0.012;
/** how much the shop's sizes differ from seed to seed */
const SEED_SPREAD = 0.15;

export function trafficOf(
  hourMs: number,
  { seed, period, incidents }: { seed: number; period: DemoPeriod; incidents: readonly Incident[] },
): HourOfTraffic {
  const count = MARKETPLACES.length * PLATFORMS.length;
  const views = new Float64Array(count);
  const price = new Float64Array(count);
  const absent = new Uint8Array(count);
  const hour = Math.floor(hourMs / HOUR_MS);

  for (let m = 0; m < MARKETPLACES.length; m++) {
    const marketplace = MARKETPLACES[m];
    const localMs = hourMs + marketplace.utcHours * HOUR_MS;
    const localHour = Math.floor(localMs / HOUR_MS) % 24;
    const localDay = (Math.floor(localMs / DAY_MS) + 3) % 7; // 1970-01-01 was a Thursday; 0 is Monday
    const growth = 1 + (marketplace.growth * (hourMs - period.startMs)) / YEAR_MS;
    const marketplaceWave = 1 + MARKETPLACE_WAVE * wave(seed, STREAM, m, hourMs);

    for (let p = 0; p < PLATFORMS.length; p++) {
      const platform = PLATFORMS[p];
      const size = 1 + SEED_SPREAD * (2 * uniform(seed, STREAM + 1, m, p) - 1);
      const rhythm = (platform.hours[localHour] / 100) * platform.days[localDay];
      const noise =
        marketplaceWave *
        (1 + PLATFORM_WAVE * wave(seed, STREAM + 2, p, hourMs)) *
        (1 + OWN_NOISE * bell(seed, STREAM + 3, hour, m, p));
      const index = m * PLATFORMS.length + p;
      views[index] = marketplace.views * platform.share * size * rhythm * growth * noise;
      price[index] = marketplace.price * (1 + PRICE_NOISE * bell(seed, STREAM + 4, hour, m, p));
    }
  }
  if (hourMs >= period.replayFromMs && hourMs < period.anchorMs) plant(hourMs, incidents, { views, price, absent });
  return { views, price, absent };
}

/** Changes the columns in place to what the hour's incidents make of them. */
function plant(hourMs: number, incidents: readonly Incident[], { views, price, absent }: HourOfTraffic): void {
  for (let m = 0; m < MARKETPLACES.length; m++) {
    let moved = 0;
    for (let p = 0; p < PLATFORMS.length; p++) {
      const index = m * PLATFORMS.length + p;
      const incident = incidentAt(incidents, { hourMs, platform: p, marketplace: m });
      const effect = incident === null ? NO_EFFECT : effectOf(incident, hourMs);
      if (incident?.kind === "mix shift" && p === MIX_SHIFT_PLATFORMS.from) moved = views[index] * MIX_SHIFT_SHARE;
      views[index] = views[index] * effect.viewsFactor;
      price[index] = price[index] * effect.revenueFactor;
      absent[index] = effect.absent ? 1 : 0;
    }
    // What one platform loses the other one gains, to the view: the total stays flat.
    const row = m * PLATFORMS.length;
    views[row + MIX_SHIFT_PLATFORMS.from] = views[row + MIX_SHIFT_PLATFORMS.from] - moved;
    views[row + MIX_SHIFT_PLATFORMS.to] = views[row + MIX_SHIFT_PLATFORMS.to] + moved;
  }
}

/** A slow wave with deviation about 1: one draw a day, straight lines between them. */
function wave(seed: number, stream: number, which: number, ms: number): number {
  const day = Math.floor(ms / DAY_MS);
  const share = (ms - day * DAY_MS) / DAY_MS;
  return bell(seed, stream, day, which) * (1 - share) + bell(seed, stream, day + 1, which) * share;
}
