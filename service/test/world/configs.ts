/** The detectors of the fixture world: one in each state that a page has to tell apart. */
import { DEFAULT_HORIZON, DEFAULT_LIMITS, type DetectorConfig, type MeasureConfig } from "../../src/resources/detector.ts";

export const MARKETPLACES = ["us", "ca", "uk", "de", "fr", "es", "jp"] as const;
export const PLATFORMS = ["pc_web", "mobile_web", "mobile_app"] as const;

const SQL = `select ecommerce.ts, platform.name as platform, marketplace.name as marketplace,
       ecommerce.views, ecommerce.revenue
from ecommerce, platform, marketplace
where ecommerce.platform = platform.id
  and ecommerce.marketplace = marketplace.id
  and ecommerce.ts >= :start and ecommerce.ts < :end -- a comment with $1 in it`;

function measure(name: string): MeasureConfig {
  return {
    name,
    column: name,
    aggregation: "SUM",
    whenAbsent: "zero",
    severityMin: 70,
    direction: "both",
    effectMin: 0,
    effectShareMin: 0,
    volumeMin: 0,
  };
}

const BASE: DetectorConfig = {
  name: "ecommerce",
  description: "Views and revenue of the shop by platform and marketplace",
  frequency: "PT1H",
  zone: "Europe/Berlin",
  offsetSeconds: 300,
  source: { kind: "postgres", settings: { host: "warehouse.internal", port: 5432, database: "shop", user: "foretop", password: "env:SHOP_PASSWORD" } },
  query: { kind: "bound", sql: SQL, file: "ecommerce.sql" },
  timestamp: { column: "ts", format: null },
  measures: [measure("views"), measure("revenue")],
  dimensions: ["platform", "marketplace"],
  levels: "all",
  history: { intervalsMax: 2500 },
  completeness: { rowShareMin: 0.5, waitIntervalsMax: 2 },
  horizonIntervals: DEFAULT_HORIZON.PT1H,
  alerts: [
    {
      name: "shop-on-call",
      description: "Wakes the shop's on-call",
      severityMin: 80,
      measures: [],
      dimensionFilters: [],
      channel: { kind: "webhook", settings: { url: "https://hooks.example.com/services/T000/B000/a-secret-path", template: "slack" } },
    },
  ],
  limits: DEFAULT_LIMITS,
};

export const CONFIGS = {
  /** judged for a fortnight, with incidents */
  active: BASE,
  /** a fifth of what it needs */
  learning: { ...BASE, name: "signups", description: null, measures: [measure("signups")], dimensions: ["country"], alerts: [] },
  /** its source refuses the password */
  failed: { ...BASE, name: "payments", description: "Captured payments by provider", measures: [measure("amount")], dimensions: ["provider"], alerts: [] },
  /** daily, judged, nothing found */
  quiet: { ...BASE, name: "inventory", description: null, frequency: "P1D", zone: "UTC", measures: [measure("stock")], dimensions: ["warehouse"], alerts: [] },
  /** applied, never activated */
  inactive: { ...BASE, name: "returns", description: null, alerts: [] },
} satisfies Record<string, DetectorConfig>;
