/** Late, corrected, deleted and new rows, by the weather; all of them before the quiet phase begins. */
import type { Random } from "@foretop/engine";
import type { DetectorConfig } from "../../src/resources/detector.ts";
import type { SourceTable } from "./source-table.ts";
import type { Weather } from "./weather.ts";

export interface PlantInput {
  readonly random: Random;
  readonly config: DetectorConfig;
  readonly starts: readonly number[];
  readonly noisyCount: number;
  readonly weather: Weather;
}

export function plantChanges(table: SourceTable, { random, config, starts, noisyCount, weather }: PlantInput): void {
  const noiseEndsMs = starts[noisyCount];
  for (let i = 0; i < noisyCount; i++) {
    const interval = { startMs: starts[i], endMs: starts[i + 1] };
    const untilMs = Math.min(noiseEndsMs, random() < weather.beyondHorizon ? noiseEndsMs : horizonEndMs(config, starts, i));
    const readMs = interval.endMs + config.offsetSeconds * 1000;
    if (untilMs <= readMs) continue;
    const later = (): number => Math.floor(readMs + random() * (untilMs - readMs - 1));
    const rows = table.within(interval);
    if (random() < weather.rowsLate) {
      const atMs = later();
      const some = random() < 0.5 ? rows.filter(({ region }) => region === "north") : rows.filter(() => random() < 0.4);
      for (const row of random() < 0.2 ? rows : some) table.delay(row, atMs);
    }
    if (rows.length > 0 && random() < weather.rowsCorrected) {
      const row = rows[Math.floor(random() * rows.length)];
      table.correct(row, { ...row, amount: Math.round(row.amount * (random() < 0.3 ? 1.001 : 5 * random())) }, later());
    }
    if (random() < weather.rowsDeleted) {
      const atMs = later();
      for (const row of table.within(interval)) if (random() < 0.3) table.delete(row, atMs);
    }
    if (random() < weather.rowsNew) plantNewProduct(table, { random, starts, from: i, later });
  }
}

/** A combination that was never seen before: its rows come at once or late, some of them go again. */
function plantNewProduct(table: SourceTable, { random, starts, from, later }: { random: Random; starts: readonly number[]; from: number; later: () => number }): void {
  const product = random() < 0.5 ? "silk" : "jade";
  for (let i = from; i < starts.length - 1; i++) {
    if (random() < 0.3) continue;
    const ts = starts[i] + Math.floor(random() * (starts[i + 1] - starts[i]));
    const row = { ts, region: "south", product, amount: 200 + Math.floor(random() * 20), price: 30 };
    if (i > from) {
      table.insert(row, starts[i + 1]);
      continue;
    }
    const atMs = later();
    table.add(row, random() < 0.5 ? ts : atMs);
    if (random() < 0.3) table.delete(row, atMs);
  }
}

/**
 * Until when a change of the i-th live interval is seen by itself: the last time that it is read again is when the head
 * has moved `horizonIntervals` past its start.
 */
export function horizonEndMs(config: DetectorConfig, starts: readonly number[], i: number): number {
  const head = starts[Math.min(starts.length - 1, i + config.horizonIntervals)];
  return head + config.offsetSeconds * 1000;
}
