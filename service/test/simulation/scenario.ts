/**
 * What a seed decides before anything runs: calendar, detector, how rough the weather is, and every row of the source
 * with the time from which (and until which) the source shows it. The source's story does not depend on who reads it
 * when, so that the end of a run can be compared with a batch run over the same rows.
 */
import { intervalStartAt, intervalStartBefore, nextIntervalStart, rhythmOf, seededRandom, type Frequency, type Random } from "@foretop/engine";
import { DEFAULT_LIMITS, type AlertConfig, type DetectorConfig, type MeasureConfig } from "../../src/resources/detector.ts";
import { SourceTable } from "./source-table.ts";
import { calm, drawWeather, type Weather } from "./weather.ts";
import { plantChanges } from "./plant-changes.ts";

export interface Scenario {
  readonly seed: number;
  readonly random: Random;
  readonly config: DetectorConfig;
  readonly table: SourceTable;
  /** start of each live interval, and the end of the last one */
  readonly starts: readonly number[];
  readonly liveFromMs: number;
  /** the first `noisyCount` live intervals have faults; those after them are quiet */
  readonly noisyCount: number;
  readonly weather: Weather;
  readonly processCount: number;
  /** clocks of the processes may differ from the world's and jump */
  readonly clocksJump: boolean;
}

/** At the end at least so much passes without faults: what failed may wait for an hour (retry-rule.ts) before it is caught up, read again and sent. */
const QUIET_MS_MIN = 4 * 3_600_000;
const QUIET_INTERVALS_MIN = 3;

interface Calendar {
  readonly frequency: Frequency;
  readonly zone: string;
  readonly nearMs: number;
  readonly historyIntervals: number;
}

/** History is as long as models need to judge (300 points, 14 days), and a little more. */
const CALENDARS: readonly Calendar[] = [
  { frequency: "PT1H", zone: "UTC", nearMs: Date.UTC(2026, 2, 16), historyIntervals: 320 },
  { frequency: "PT1H", zone: "Europe/Berlin", nearMs: Date.UTC(2026, 2, 28, 20), historyIntervals: 320 },
  { frequency: "P1D", zone: "UTC", nearMs: Date.UTC(2026, 1, 22), historyIntervals: 60 },
  { frequency: "P1D", zone: "Europe/Berlin", nearMs: Date.UTC(2026, 9, 20), historyIntervals: 60 },
  { frequency: "P1D", zone: "America/New_York", nearMs: Date.UTC(2026, 2, 4), historyIntervals: 45 },
  { frequency: "PT10M", zone: "Asia/Kolkata", nearMs: Date.UTC(2026, 5, 1, 12), historyIntervals: 330 },
];

export function drawScenario(seed: number): Scenario {
  const random = seededRandom(seed);
  for (let i = 0; i < 3; i++) random();
  const calendar = CALENDARS[Math.floor(random() * CALENDARS.length)];
  const noisyCount = 7 + Math.floor(random() * 8);
  const config = drawConfig(random, calendar, `sim-${seed}`);
  const liveFromMs = intervalStartAt(calendar.nearMs, calendar.frequency, calendar.zone);
  const starts = [liveFromMs];
  const quietCount = Math.max(QUIET_INTERVALS_MIN, Math.ceil(QUIET_MS_MIN / 1000 / rhythmOf(calendar.frequency).intervalSeconds));
  while (starts.length <= noisyCount + quietCount) starts.push(nextIntervalStart(starts.at(-1)!, calendar.frequency, calendar.zone));
  const historyFromMs = intervalStartBefore(liveFromMs, calendar.historyIntervals, calendar.frequency, calendar.zone);
  const table = new SourceTable();
  fillTable(table, { random, config, historyFromMs, starts, noisyCount });
  const weather = random() < 0.1 ? calm : drawWeather(random);
  plantChanges(table, { random, config, starts, noisyCount, weather });
  return { seed, random, config, table, starts, liveFromMs, noisyCount, weather, processCount: 1 + Math.floor(random() * 3), clocksJump: random() < 0.3 };
}

function drawConfig(random: Random, calendar: Calendar, name: string): DetectorConfig {
  const measure = (column: string, overrides: Partial<MeasureConfig>): MeasureConfig => ({
    name: column, column, aggregation: "SUM", whenAbsent: "zero", severityMin: 60, direction: "both", effectMin: 0, effectShareMin: 0.1, volumeMin: 0, ...overrides,
  });
  const alert = { description: null, measures: [], dimensionFilters: [] };
  const alerts: AlertConfig[] = [{ ...alert, name: `${name}-page`, severityMin: 60, channel: { kind: "page", settings: {} } }];
  if (random() < 0.6) alerts.push({ ...alert, name: `${name}-table`, severityMin: 50, channel: { kind: "table", settings: {} } });
  const measures = [measure("amount", {})];
  if (random() < 0.5) measures.push(measure("price", { aggregation: "AVG", whenAbsent: "missing" }));
  return {
    name,
    description: null,
    frequency: calendar.frequency,
    zone: calendar.zone,
    offsetSeconds: [0, 60, 300, 3600][Math.floor(random() * (calendar.frequency === "P1D" ? 4 : 3))],
    source: { kind: "simulated", settings: {} },
    query: { kind: "bound", sql: "select ts, region, product, amount, price from sales where ts >= :start and ts < :end", file: null },
    timestamp: { column: "ts", format: null },
    measures,
    dimensions: random() < 0.8 ? ["region", "product"] : ["region"],
    levels: random() < 0.8 ? "all" : "leaves",
    history: { intervalsMax: calendar.historyIntervals },
    completeness: random() < 0.25 ? { rowShareMin: 0.5, waitIntervalsMax: 1 } : { rowShareMin: 0, waitIntervalsMax: 0 },
    horizonIntervals: 2 + Math.floor(random() * 4),
    alerts,
    limits: { ...DEFAULT_LIMITS, deliveriesPerHourMax: random() < 0.2 ? 2 : 60, querySecondsMax: 120 },
  };
}

const REGIONS = ["north", "south"];
const PRODUCTS = ["tea", "salt"];

interface Filling {
  readonly random: Random;
  readonly config: DetectorConfig;
  readonly historyFromMs: number;
  readonly starts: readonly number[];
  readonly noisyCount: number;
}

/** One or two rows per combination and interval, a rhythm, some noise; in live intervals a few incidents. */
function fillTable(table: SourceTable, { random, config, historyFromMs, starts, noisyCount }: Filling): void {
  const { frequency, zone } = config;
  const season = frequency === "P1D" ? 7 : rhythmOf(frequency).dayLength;
  const incidents = drawIncidents(random, noisyCount + 2);
  let i = 0;
  for (let startMs = historyFromMs; startMs < starts.at(-1)!; startMs = nextIntervalStart(startMs, frequency, zone), i++) {
    const endMs = nextIntervalStart(startMs, frequency, zone);
    const live = starts.indexOf(startMs);
    for (const [r, region] of REGIONS.entries()) {
      for (const [p, product] of PRODUCTS.entries()) {
        const usual = (400 + 150 * r + 100 * p) * (1 + 0.2 * Math.cos((2 * Math.PI * (i % season)) / season)) * (1 + 0.02 * (random() - 0.5));
        let factor = 1;
        for (const each of incidents) {
          if (live >= each.from && live < each.to && (each.region === null || each.region === region)) factor *= each.factor;
        }
        if (factor === 0) continue;
        const split = random() < 0.5 ? [0.4, 0.6] : [1];
        for (const share of split) {
          const ts = Math.floor(startMs + random() * (endMs - startMs));
          table.insert({ ts, region, product, amount: Math.round(usual * factor * share), price: 10 + Math.round(4 * random()) }, Math.min(ts + 5_000, endMs));
        }
      }
    }
  }
}

interface SourceIncident {
  readonly from: number;
  readonly to: number;
  readonly factor: number;
  readonly region: string | null;
}

function drawIncidents(random: Random, liveCount: number): SourceIncident[] {
  return Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
    const from = Math.floor(random() * liveCount);
    return {
      from,
      to: from + 1 + Math.floor(random() * 4),
      factor: [0, 0, 0.3, 2.5, 4][Math.floor(random() * 5)],
      region: random() < 0.25 ? null : REGIONS[Math.floor(random() * 2)],
    };
  });
}
