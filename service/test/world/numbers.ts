/** Values, expectations and bands of the fixture world: smooth, seeded, with daily and weekly rhythm. */
import { seededRandom, type SeriesKey } from "@foretop/engine";

export const HOUR_MS = 3_600_000;

/** What a leaf is expected to be in the hour that starts then. */
export function expectedOf({ measure, dimensions }: SeriesKey, startMs: number): number {
  const hour = (startMs / HOUR_MS) % 24;
  const day = Math.floor(startMs / (24 * HOUR_MS)) % 7;
  const size = dimensions.reduce((product, { value }) => product * weightOf(value ?? ""), measure === "revenue" ? 180 : 420);
  const daily = 1 + 0.45 * Math.sin(((hour - 9) / 24) * 2 * Math.PI);
  const weekly = day === 2 || day === 3 ? 0.82 : 1; // epoch day 0 was a Thursday
  return size * daily * weekly;
}

/** Multiplicative noise of one leaf in one hour, the same for the same seed. */
export function noiseOf(series: number, startMs: number, seed: number): number {
  const random = seededRandom(seed + series * 7919 + (startMs / HOUR_MS) * 104_729);
  return 1 + 0.035 * (random() + random() - 1);
}

function weightOf(value: string): number {
  let hash = 17;
  for (const character of value) hash = (hash * 31 + character.codePointAt(0)!) % 1009;
  return 0.4 + (hash / 1009) * 1.8;
}
