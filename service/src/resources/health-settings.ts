/** When a detector itself counts as in trouble. What a configuration does not say follows the detector's frequency. */
import type { Frequency } from "@foretop/engine";
import type { DetectorConfig } from "./detector.ts";

export interface HealthSettings {
  /** an interval that has waited for this many intervals makes the detector late; 0 = never */
  readonly behindIntervals: number;
  /** so many intervals in a row without a row make it silent; 0 = never */
  readonly silentIntervals: number;
}

/** Three hours without a row wake somebody, three times five minutes don't. */
export const DEFAULT_HEALTH: Readonly<Record<Frequency, HealthSettings>> = {
  PT5M: { behindIntervals: 6, silentIntervals: 12 },
  PT10M: { behindIntervals: 3, silentIntervals: 6 },
  PT1H: { behindIntervals: 2, silentIntervals: 3 },
  P1D: { behindIntervals: 1, silentIntervals: 2 },
};

export function healthSettingsOf({ frequency, health }: Pick<DetectorConfig, "frequency" | "health">): HealthSettings {
  return { ...DEFAULT_HEALTH[frequency], ...health };
}

export const HEALTH_INTERVALS_MAX = 1_000;
