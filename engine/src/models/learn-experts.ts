import { clamp, rate, visitRate } from "./rates.ts";
import * as slots from "./state-layout.ts";
import type { StateLayout } from "./state-layout.ts";

// Copies, for speed: constants.ts says why.
const {
  D_AGE,
  D_FAST,
  D_LAST_RESIDUAL,
  D_LEVEL,
  D_MAX,
  D_MIN,
  D_POINTS,
  D_RATIO_LEVEL,
  D_SLOW,
  D_SLOW_LEVEL,
  D_TREND,
  D_TREND_LEVEL,
  D_WEEK_FAST,
  D_WEEK_SLOW,
} = slots;

export function learnExperts(
  d: Float64Array,
  f: Float32Array,
  b: number,
  layout: StateLayout,
  inDay: number,
  hourOfWeek: number,
  gated: number,
  known: boolean,
  mature: boolean,
): void {
  const c = 2 * b;
  const dayLength = layout.dayLength;
  const points = d[b + D_POINTS];
  const age = d[b + D_AGE];
  const level = d[b + D_LEVEL];
  const slowLevel = d[b + D_SLOW_LEVEL];
  const profileAt = c + layout.F_PROFILE + inDay;
  const profile = f[profileAt];
  const slowRate = rate(1 / dayLength, points);

  f[c + layout.F_RING + inDay] = gated - level;
  d[b + D_LEVEL] = level + rate(0.3, points) * (gated - level);
  d[b + D_SLOW_LEVEL] = slowLevel + slowRate * (gated - slowLevel);
  const trendLevel = d[b + D_TREND_LEVEL] + 0.9 * d[b + D_TREND];
  const trendError = gated - trendLevel;
  d[b + D_TREND_LEVEL] = trendLevel + 0.6 * trendError;
  d[b + D_TREND] = 0.9 * d[b + D_TREND] + 0.09 * trendError;
  if (gated < d[b + D_MIN]) d[b + D_MIN] = gated;
  if (gated > d[b + D_MAX]) d[b + D_MAX] = gated;

  const ratioAt = c + layout.F_RATIO + (layout.ratioLength < dayLength ? inDay >> 1 : inDay);
  const ratio = f[ratioAt];
  const seenRatio = Math.abs(slowLevel) > 1e-9 * (d[b + D_MAX] - d[b + D_MIN]) ? clamp(gated / slowLevel, -1, 10) : 1;
  const newRatio = ratio === ratio ? ratio + 0.08 * (seenRatio - ratio) : seenRatio;
  f[ratioAt] = newRatio === newRatio ? newRatio : 1;

  if (!known) {
    // A bin's first value is its deviation from the slow level; the offsets go with the levels.
    f[profileAt] = gated - slowLevel;
    d[b + D_SLOW] = d[b + D_WEEK_SLOW] = d[b + D_SLOW_LEVEL];
    d[b + D_FAST] = d[b + D_WEEK_FAST] = d[b + D_LEVEL];
    d[b + D_RATIO_LEVEL] = d[b + D_SLOW_LEVEL];
    d[b + D_LAST_RESIDUAL] = d[b + D_LEVEL];
    return;
  }
  const ratioError = gated - ratio * d[b + D_RATIO_LEVEL];
  if (ratioError === ratioError) d[b + D_RATIO_LEVEL] += (0.1 * ratioError * ratio) / (ratio * ratio > 1 ? ratio * ratio : 1);
  const above = gated - profile;
  const slow = d[b + D_SLOW];
  const weekSlow = d[b + D_WEEK_SLOW];
  let week = 0;
  if (layout.weekLength > 0) {
    const weekAt = c + layout.F_WEEK + hourOfWeek;
    week = f[weekAt];
    f[weekAt] = week + (0.25 / layout.pointsPerHour) * (above - week - weekSlow);
  }
  d[b + D_SLOW] = slow + slowRate * (above - slow);
  d[b + D_FAST] += 0.4 * (above - d[b + D_FAST]);
  d[b + D_WEEK_SLOW] = weekSlow + slowRate * (above - week - weekSlow);
  d[b + D_WEEK_FAST] += 0.4 * (above - week - d[b + D_WEEK_FAST]);
  d[b + D_LAST_RESIDUAL] = above;

  // Two seasons in, the week takes its part first: weekends would leak into the daily profile.
  const change = visitRate(age, dayLength) * (mature ? above - week - weekSlow : above - slow);
  f[profileAt] = profile + change;
  if (dayLength >= 96) {
    // 288 free bins are noisy: neighbours share.
    const before = c + layout.F_PROFILE + (inDay === 0 ? dayLength - 1 : inDay - 1);
    const after = c + layout.F_PROFILE + (inDay === dayLength - 1 ? 0 : inDay + 1);
    f[before] += 0.15 * change;
    f[after] += 0.15 * change;
  }
}
