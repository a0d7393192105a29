/**
 * What the demo's shop looks like: 3 platforms × 7 marketplaces × 2 measures = 42 series (the founding story of the
 * retired service's samples). All sizes are here, so that a reader can change the shop without reading the generator.
 */
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** history that a new demo finds, future that keeps it alive, and the last days that are replayed */
export const HISTORY_DAYS = 183;
export const FUTURE_DAYS = 730;
export const REPLAY_DAYS = 14;

/** Rows an hour and combination: enough for edges of windows to matter, few enough to fill in seconds. */
export const ROWS_PER_HOUR = 3;

export interface Platform {
  readonly name: string;
  /** of a marketplace's views */
  readonly share: number;
  /** [24] percent of the mean, by local hour */
  readonly hours: readonly number[];
  /** [7] factor, Monday first, by local day */
  readonly days: readonly number[];
}

export interface Marketplace {
  readonly name: string;
  /** mean views an hour over all platforms, at the start of history */
  readonly views: number;
  /** whole hours ahead of UTC; without summer time, which is the time zone tests' business */
  readonly utcHours: number;
  /** growth of views a year, linear; 0.2 = 20 % */
  readonly growth: number;
  /** revenue per view */
  readonly price: number;
}

export const PLATFORMS: readonly Platform[] = [
  {
    name: "pc_web",
    share: 0.44,
    hours: [44, 33, 27, 24, 23, 27, 38, 60, 90, 116, 130, 134, 130, 132, 134, 133, 130, 124, 122, 130, 139, 134, 107, 72],
    days: [1.06, 1.08, 1.07, 1.05, 1.0, 0.86, 0.88],
  },
  {
    name: "mobile_web",
    share: 0.22,
    hours: [60, 44, 34, 27, 25, 29, 43, 68, 91, 104, 112, 120, 130, 127, 120, 117, 120, 127, 138, 148, 156, 148, 122, 88],
    days: [0.97, 0.96, 0.97, 0.98, 1.0, 1.06, 1.06],
  },
  {
    name: "mobile_app",
    share: 0.34,
    hours: [57, 42, 31, 25, 22, 29, 52, 86, 101, 104, 107, 114, 125, 120, 112, 112, 120, 135, 153, 172, 182, 172, 140, 94],
    days: [0.95, 0.94, 0.95, 0.97, 1.01, 1.1, 1.08],
  },
];

export const MARKETPLACES: readonly Marketplace[] = [
  { name: "us", views: 9000, utcHours: -6, growth: 0.18, price: 0.33 },
  { name: "uk", views: 4200, utcHours: 0, growth: 0.12, price: 0.31 },
  { name: "de", views: 4800, utcHours: 1, growth: 0.15, price: 0.3 },
  { name: "fr", views: 3300, utcHours: 1, growth: 0.1, price: 0.29 },
  { name: "es", views: 2400, utcHours: 1, growth: 0.22, price: 0.26 },
  { name: "it", views: 2600, utcHours: 1, growth: 0.08, price: 0.27 },
  { name: "jp", views: 3900, utcHours: 9, growth: 0.25, price: 0.32 },
];

export const MEASURES = ["views", "revenue"] as const;
export type DemoMeasure = (typeof MEASURES)[number];
