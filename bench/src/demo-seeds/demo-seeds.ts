/**
 * `npm run bench -- demo-seeds`: the demo's shop with many seeds and last days, judged and grouped in memory by the
 * functions that `serve` runs (without database, ledger and late corrections). What `npm run demo -- --once --seed N`
 * says of one seed in 40 s, this says of thirty in a minute – close, not equal: a late straggler is never corrected here.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { groupAnomalies, learn, positionOf, rhythmOf, seriesKey, type AnomalyGroup, type SeriesKey } from "@foretop/engine";
import { demoPeriod, FIXED_ANCHOR_MS } from "../../../service/src/demo/demo-period.ts";
import { evaluateLabels, type FoundGroup } from "../../../service/src/demo/evaluate-labels.ts";
import { labelsOf } from "../../../service/src/demo/labels.ts";
import { planWarehouse, rowsOfHour, type WarehousePlan } from "../../../service/src/demo/warehouse-rows.ts";
import { DAY_MS, HOUR_MS, MARKETPLACES, PLATFORMS } from "../../../service/src/demo/warehouse-shape.ts";
import { groupId } from "../../../service/src/pipeline/group-id.ts";
import { historyMatrix } from "../../../service/src/pipeline/history-matrix.ts";
import { dataFromBatch } from "../../../service/src/pipeline/interval-data.ts";
import { findAnomalies, judgeInterval } from "../../../service/src/pipeline/judge-interval.ts";
import { learnMatrix } from "../../../service/src/pipeline/learn-matrix.ts";
import { openAfter, type LiveModels } from "../../../service/src/pipeline/live-models.ts";
import { SeriesTable } from "../../../service/src/pipeline/series-table.ts";
import { parseConfigFile } from "../../../service/src/resources/parse-config.ts";
import { measuredWith } from "../measured-with.ts";
import type { Detector } from "../../../service/src/resources/detector.ts";
import type { HistoryBatch, LeafBatch } from "../../../service/src/crawl/batch.ts";

const RESULTS = join(import.meta.dirname, "../../results");
const EXAMPLE = join(import.meta.dirname, "../../../examples/redshift-ecommerce/params.json");
/** A straggler that comes later than this is not there when its hour is judged. */
const OFFSET_MS = 300_000;
/** A late load is waited for: the completeness check sees that most of the hour is missing. */
const WAIT_MS = HOUR_MS;
const MEASURES = ["views", "revenue"] as const;

export interface SeedResult {
  readonly seed: number;
  /** end of the replayed days */
  readonly until: string;
  readonly planted: number;
  readonly found: number;
  readonly missed: readonly string[];
  /** groups that overlap nothing planted, in words */
  readonly false: readonly string[];
}

export async function replaySeed(seed: number, anchorMs: number): Promise<SeedResult> {
  const { config } = parseConfigFile(EXAMPLE);
  const period = demoPeriod(anchorMs);
  const plan = planWarehouse(seed, period);
  const detector = { id: "demo", generation: 1, config, configHash: "", lineage: 0, headMs: period.replayFromMs } as unknown as Detector; // what judging reads of one
  const table = new SeriesTable(config);
  const history = historyOf(plan);
  table.extend(history.keys, period.startMs);
  const matrix = historyMatrix(table, history);
  const positions = Array.from(history.startMs, (ms) => positionOf(ms, config.frequency, config.zone));
  const states = await learnMatrix({ rhythm: rhythmOf(config.frequency), startMs: history.startMs, positions, matrix }, { threads: 1 });
  const models: LiveModels = { detectorId: "demo", generation: 1, configHash: "", lineage: 0, table, states, open: [], untilMs: period.replayFromMs, sinceCheckpoint: 0 };

  const latest = new Map<string, AnomalyGroup>();
  for (let ms = period.replayFromMs; ms < period.anchorMs; ms += HOUR_MS) {
    const judged = judgeInterval(detector, models, dataFromBatch(table, batchOf(ms, plan)));
    const { groups } = groupAnomalies({
      startMs: ms,
      intervalSeconds: HOUR_MS / 1000,
      anomalies: findAnomalies(models, judged),
      keys: table.keys,
      isAdditive: (measure) => table.isAdditive(measure),
      open: models.open,
      generation: "demo:1",
      hash: groupId,
    });
    learn(models.states, judged.input, judged.judgement);
    models.open = openAfter(models.open, groups);
    for (const group of groups) latest.set(group.id, group);
  }
  const labels = labelsOf(plan.incidents);
  const kept = [...latest.values()].filter(({ status }) => status !== "merged");
  const found: FoundGroup[] = kept.map((group) => ({
    id: group.id,
    measure: group.measure,
    startMs: group.startMs,
    endMs: group.lastMs + HOUR_MS,
    series: new Set(group.members.map(({ series }) => table.stored[series]!.keyText)),
  }));
  const outcome = evaluateLabels(labels, found, { intervalMs: HOUR_MS });
  return {
    seed,
    until: new Date(anchorMs).toISOString(),
    planted: outcome.planted,
    found: outcome.found,
    missed: outcome.missed.map(({ incident, measure }) => `${incident} (${measure})`),
    false: outcome.falseGroups.map((id) => inWords(latest.get(id)!, table.keys, plan)),
  };
}

function inWords(group: AnomalyGroup, keys: readonly SeriesKey[], { incidents }: WarehousePlan): string {
  const { measure, kind, direction, severity, startMs, lastMs, actual, expected } = group;
  const before = incidents.filter(({ endMs }) => endMs <= startMs).at(-1);
  const since = before === undefined ? "" : `, ${(startMs - before.endMs) / HOUR_MS} h after ${before.kind}`;
  const where = group.head.map((s) => keys[s]!.dimensions.map(({ name, value }) => `${name}=${value ?? "null"}`).join(" ") || "total").join(" + ");
  return `${measure} ${where}: ${kind} ${direction}, severity ${severity.toFixed(0)}, ${actual.toFixed(0)} for ${expected.toFixed(0)}, ${new Date(startMs).toISOString()} ${(lastMs - startMs) / HOUR_MS + 1} h${since}`;
}

function combinationKeys(): SeriesKey[] {
  return MEASURES.flatMap((measure) =>
    MARKETPLACES.flatMap((m) => PLATFORMS.map((p) => seriesKey(measure, [{ name: "marketplace", value: m.name }, { name: "platform", value: p.name }]))),
  );
}

/** [measure × combination] sums and row counts of one hour, as they are when it is read. */
function cellsOf(hourMs: number, plan: WarehousePlan): { values: Float64Array; counts: Float64Array } {
  const combinations = MARKETPLACES.length * PLATFORMS.length;
  const values = new Float64Array(2 * combinations);
  const counts = new Float64Array(2 * combinations);
  const isLoad = plan.late.loadHours.includes(hourMs);
  for (const row of rowsOfHour(hourMs, plan, 1)) {
    if (row.arrivesMs !== null && row.arrivesMs > hourMs + HOUR_MS + (isLoad ? WAIT_MS : OFFSET_MS)) continue;
    const at = (row.marketplace - 1) * PLATFORMS.length + row.platform - 1;
    values[at]! += row.views;
    values[combinations + at]! += row.revenueCents / 100;
    counts[at]! += 1;
    counts[combinations + at]! += 1;
  }
  return { values, counts };
}

function historyOf(plan: WarehousePlan): HistoryBatch {
  const { startMs: fromMs, replayFromMs } = plan.period;
  const hours = (replayFromMs - fromMs) / HOUR_MS;
  const keys = combinationKeys();
  const values = new Float64Array(keys.length * hours).fill(NaN);
  const counts = new Float64Array(keys.length * hours);
  for (let t = 0; t < hours; t++) {
    const cells = cellsOf(fromMs + t * HOUR_MS, plan);
    for (let s = 0; s < keys.length; s++) {
      if (cells.counts[s] === 0) continue;
      values[s * hours + t] = cells.values[s]!;
      counts[s * hours + t] = cells.counts[s]!;
    }
  }
  const startMs = Float64Array.from({ length: hours }, (_, t) => fromMs + t * HOUR_MS);
  return { keys, startMs, endMs: replayFromMs, values, counts } as unknown as HistoryBatch; // what learning reads of one
}

function batchOf(startMs: number, plan: WarehousePlan): LeafBatch {
  const cells = cellsOf(startMs, plan);
  const present = combinationKeys().map((key, s) => ({ key, s })).filter(({ s }) => cells.counts[s]! > 0);
  return {
    interval: { startMs, endMs: startMs + HOUR_MS },
    keys: present.map(({ key }) => key),
    values: Float64Array.from(present, ({ s }) => cells.values[s]!),
    counts: Float64Array.from(present, ({ s }) => cells.counts[s]!),
  } as unknown as LeafBatch; // what judging reads of one
}

const FALSE_MAX = 3;
const FOUND_SHARE_MIN = 0.9;

export async function demoSeeds(args: readonly string[]): Promise<void> {
  const { values: options } = parseArgs({
    args: [...args],
    options: { from: { type: "string", default: "1" }, to: { type: "string", default: "30" }, days: { type: "string", default: "0" }, save: { type: "boolean", default: true } },
    allowNegative: true,
  });
  const results: SeedResult[] = [];
  for (let seed = Number(options.from); seed <= Number(options.to); seed++) {
    const result = await replaySeed(seed, FIXED_ANCHOR_MS + Number(options.days) * DAY_MS);
    results.push(result);
    const isGood = result.false.length <= FALSE_MAX && result.found >= FOUND_SHARE_MIN * result.planted;
    console.log(`seed ${seed}   ${result.found} of ${result.planted} found, ${result.false.length} false${isGood ? "" : "   ← over the limit"}`);
    for (const text of [...result.missed.map((missed) => `missed ${missed}`), ...result.false]) console.log(`   ${text}`);
  }
  const falseCounts = results.map((result) => result.false.length);
  const total = falseCounts.reduce((sum, count) => sum + count, 0);
  console.log(`${results.length} seeds: ${total} false groups, at most ${Math.max(...falseCounts)} with one seed`);
  if (!options.save) return;
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, "demo-seeds.json"), `${JSON.stringify({ ...measuredWith(), falseGroups: total, worst: Math.max(...falseCounts), seeds: results }, null, 1)}\n`);
}
