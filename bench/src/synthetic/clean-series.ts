/**
 * Series in which nothing happens: what "normal" looks like in business data, one generator each. Level 100 and noise 5
 * unless the kind says otherwise, so that 1 spread is 5 % of the level.
 */
import type { Frequency, Random } from "@foretop/engine";
import { normal, poisson, studentT3 } from "@foretop/engine";

export interface CleanKind {
  readonly name: string;
  readonly frequency: Frequency;
  /** days of history and of the time that is judged */
  readonly learnDays: number;
  readonly judgeDays: number;
  /** a fresh series: call it with t = 0, 1, 2 … */
  readonly start: (random: Random) => (t: number) => number;
  /** standard deviation of the noise at t: the unit of "caught" */
  readonly noiseAt: (t: number) => number;
  /** a value can't go below 0 */
  readonly counts?: boolean;
}

const daily = (t: number, perDay = 24) => 100 + 30 * Math.sin((2 * Math.PI * t) / perDay);
const isWeekend = (t: number) => Math.floor(t / 24) % 7 >= 5;
const hourly = { frequency: "PT1H", learnDays: 35, judgeDays: 365, noiseAt: () => 5 } as const;
const fiveMinutes = { frequency: "PT5M", learnDays: 14, judgeDays: 60, noiseAt: () => 5 } as const;

export const CLEAN_KINDS: readonly CleanKind[] = [
  { ...hourly, name: "Gaussian, daily season", start: (random) => (t) => daily(t) + 5 * normal(random) },
  {
    ...hourly,
    name: "Poisson, mean 50",
    counts: true,
    noiseAt: (t) => Math.sqrt(daily(t) / 2),
    start: (random) => (t) => poisson(random, daily(t) / 2),
  },
  {
    ...hourly,
    name: "Poisson, mean 5",
    counts: true,
    noiseAt: (t) => Math.sqrt(daily(t) / 20),
    start: (random) => (t) => poisson(random, daily(t) / 20),
  },
  {
    ...hourly,
    name: "sparse counts, mean 0.3",
    counts: true,
    noiseAt: (t) => Math.sqrt(daily(t) / 333),
    start: (random) => (t) => poisson(random, daily(t) / 333),
  },
  { ...hourly, name: "Student t(3)", start: (random) => (t) => daily(t) + 5 * studentT3(random) },
  {
    ...hourly,
    name: "growth 1 % a week",
    noiseAt: (t) => 5 * 1.01 ** (t / 168),
    start: (random) => (t) => (daily(t) + 5 * normal(random)) * 1.01 ** (t / 168),
  },
  {
    ...hourly,
    name: "weekends −40 %",
    noiseAt: (t) => (isWeekend(t) ? 3 : 5),
    start: (random) => (t) => (daily(t) + 5 * normal(random)) * (isWeekend(t) ? 0.6 : 1),
  },
  {
    ...hourly,
    name: "missing 5 %",
    start: (random) => (t) => (random() < 0.05 ? NaN : daily(t) + 5 * normal(random)),
  },
  {
    ...hourly,
    name: "DST seen in UTC",
    // In summer (days 90 … 300 of the year) everything comes an hour earlier.
    start: (random) => (t) => daily(Math.floor(t / 24) % 365 > 90 && Math.floor(t / 24) % 365 < 300 ? t + 1 : t) + 5 * normal(random),
  },
  { ...hourly, name: "AR(1) 0.7 noise", start: (random) => autoregressive(random, (t) => daily(t), normal) },
  {
    ...hourly,
    name: "bursts in 3 % of hours",
    start: (random) => (t) => daily(t) + 5 * normal(random) + (random() < 0.03 ? -30 * Math.log(1 - random()) : 0),
  },
  { ...fiveMinutes, name: "5 min, Gaussian", start: (random) => (t) => daily(t, 288) + 5 * normal(random) },
  {
    ...fiveMinutes,
    name: "5 min, Poisson 20",
    counts: true,
    noiseAt: (t) => Math.sqrt(daily(t, 288) / 5),
    start: (random) => (t) => poisson(random, daily(t, 288) / 5),
  },
  { ...fiveMinutes, name: "5 min, t(3), AR(1) 0.7", start: (random) => autoregressive(random, (t) => daily(t, 288), studentT3) },
  {
    name: "daily, weekly season",
    frequency: "P1D",
    learnDays: 180,
    judgeDays: 730,
    noiseAt: () => 5,
    start: (random) => (t) => (t % 7 >= 5 ? 60 : 100) + 5 * normal(random),
  },
];

/** Noise with memory 0.7 and standard deviation 5 around a season. */
function autoregressive(random: Random, season: (t: number) => number, noise: (random: Random) => number): (t: number) => number {
  let last = 0;
  return (t) => {
    last = 0.7 * last + 5 * Math.sqrt(1 - 0.49) * noise(random);
    return season(t) + last;
  };
}
