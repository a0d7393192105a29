/** What goes wrong in the fixture world, and how much the rest wobbles. */
import type { Kind, SeriesKey } from "@foretop/engine";

export interface Incident {
  readonly measure: string;
  readonly kind: Kind;
  /** dimension values that it hits; {} = everything */
  readonly segment: Readonly<Record<string, string>>;
  /** value = expected × factor; null: no rows at all */
  readonly factor: number | null;
  /** intervals before the end of the world, and for how many */
  readonly startBefore: number;
  readonly intervalCount: number;
  readonly severity: number;
  readonly quietSince: number;
}

export const INCIDENTS: readonly Incident[] = [
  { measure: "revenue", kind: "level shift", segment: { platform: "mobile_app" }, factor: 0.75, startBefore: 6, intervalCount: 6, severity: 97.57, quietSince: 0 },
  { measure: "views", kind: "spike", segment: { marketplace: "us" }, factor: 1.8, startBefore: 40, intervalCount: 1, severity: 99.79, quietSince: 4 },
  { measure: "views", kind: "drop to zero", segment: { platform: "pc_web", marketplace: "de" }, factor: 0, startBefore: 90, intervalCount: 3, severity: 92.1, quietSince: 4 },
  { measure: "revenue", kind: "stopped", segment: { marketplace: "jp" }, factor: null, startBefore: 150, intervalCount: 5, severity: 90.97, quietSince: 4 },
  { measure: "revenue", kind: "dip", segment: { platform: "mobile_web", marketplace: "fr" }, factor: 0.55, startBefore: 200, intervalCount: 2, severity: 83.33, quietSince: 4 },
  { measure: "views", kind: "drift", segment: {}, factor: 0.8, startBefore: 260, intervalCount: 12, severity: 86.78, quietSince: 4 },
  { measure: "views", kind: "spike", segment: { marketplace: "ca", platform: "mobile_app" }, factor: 1.35, startBefore: 300, intervalCount: 1, severity: 71.4, quietSince: 4 },
  { measure: "revenue", kind: "spike", segment: { marketplace: "uk" }, factor: 1.2, startBefore: 230, intervalCount: 1, severity: 55.02, quietSince: 4 },
  { measure: "views", kind: "dip", segment: { marketplace: "es" }, factor: 0.85, startBefore: 120, intervalCount: 1, severity: 43.5, quietSince: 4 },
  { measure: "revenue", kind: "dip", segment: { platform: "pc_web" }, factor: 0.88, startBefore: 60, intervalCount: 2, severity: 61.9, quietSince: 4 },
];

/** Whether an incident touches a leaf. */
export function hits({ measure, segment }: Incident, key: SeriesKey): boolean {
  if (key.measure !== measure) return false;
  return Object.entries(segment).every(([name, value]) => key.dimensions.some((d) => d.name === name && d.value === value));
}
