/** How often a detector looks; the four intervals of the retired service. ISO 8601 durations, as on the wire. */
export type Frequency = "PT5M" | "PT10M" | "PT1H" | "P1D";

export const FREQUENCIES: readonly Frequency[] = ["PT5M", "PT10M", "PT1H", "P1D"];

/** How many positions a season has, for one frequency. A position is where in its season an interval lies. */
export interface Rhythm {
  readonly frequency: Frequency;
  readonly intervalSeconds: number;
  /** positions in the short season: 288, 144, 24 a day; 7 (a week of days) for P1D */
  readonly dayLength: number;
  /** positions in the long season: 168 hours of the week; 0 for P1D, whose short season already is the week */
  readonly weekLength: number;
}

const RHYTHMS: Readonly<Record<Frequency, Rhythm>> = {
  PT5M: { frequency: "PT5M", intervalSeconds: 300, dayLength: 288, weekLength: 168 },
  PT10M: { frequency: "PT10M", intervalSeconds: 600, dayLength: 144, weekLength: 168 },
  PT1H: { frequency: "PT1H", intervalSeconds: 3600, dayLength: 24, weekLength: 168 },
  P1D: { frequency: "P1D", intervalSeconds: 86_400, dayLength: 7, weekLength: 0 },
};

export function rhythmOf(frequency: Frequency): Rhythm {
  return RHYTHMS[frequency];
}

/** Where in its seasons an interval lies, from the *local* time of the dataset's zone. */
export interface Position {
  /** 0 … dayLength − 1 */
  readonly inDay: number;
  /** 0 … 167, Monday 00:00 is 0; 0 for P1D */
  readonly hourOfWeek: number;
}
