/**
 * The demo, step by step: a real PostgreSQL, a shop's warehouse in it, the original connector's files applied to it,
 * history learned, the last days replayed through the job that `serve` runs, and what was found. What the warehouse
 * hides is written to a labels file that only the demo's own account reads.
 *
 * A second run takes up where the first one was: each step looks at what is there.
 */
import { join } from "node:path";
import { Client } from "pg";
import type { Progress } from "../cli/progress.ts";
import { activateDetector } from "../pipeline/activate.ts";
import type { System } from "../pipeline/system.ts";
import { applyDetector } from "../resources/apply.ts";
import type { ConfigProblem } from "../resources/config-problem.ts";
import type { Detector } from "../resources/detector.ts";
import { parseConfigFile } from "../resources/parse-config.ts";
import { deliverLateRows } from "./deliver-late-rows.ts";
import { demoDocument, type DemoDocument } from "./demo-document.ts";
import type { DemoHost, DemoPostgres, DemoSystem } from "./demo-host.ts";
import { FIXED_ANCHOR_MS, lastWholeHour } from "./demo-period.ts";
import { demoSecret } from "./demo-secret.ts";
import { fillWarehouse, type FilledWarehouse } from "./fill-warehouse.ts";
import { findingsOf } from "./findings.ts";
import { labelsOf, writeLabels } from "./labels.ts";
import { replay } from "./replay.ts";
import { ReplayClock } from "./replay-clock.ts";
import { resetDemo } from "./reset-demo.ts";
import { countText, StepTimer } from "./step-timer.ts";

export const WAREHOUSE_DATABASE = "demo_warehouse";
export const DEFAULT_SEED = 7;
/** for people: what was planted */
export const LABELS_FILE = join("demo", "labels.json");

export interface DemoOptions {
  readonly seed: number;
  /** ends after the replay, which is of fixed days */
  readonly once: boolean;
  readonly reset: boolean;
  readonly nowMs: number;
  readonly progress: Progress;
  /** remarks on the example's files: fields without a meaning here */
  readonly onRemark: (remark: ConfigProblem) => void;
  readonly signal: AbortSignal;
  /** Called when the replay is over, before the demo goes on live; without `once` the demo then runs until aborted. */
  readonly onDocument: (document: DemoDocument) => void;
  readonly port: number;
  readonly onListening: (address: string) => void;
}

export async function runDemo(options: DemoOptions, host: DemoHost): Promise<void> {
  const timer = new StepTimer(options.progress);
  const example = parseConfigFile(host.exampleFile);
  const { offsetSeconds, name } = example.config;
  const secret = demoSecret(host.secretsFolder);

  const postgres = await timer.run("start PostgreSQL", undefined, async () => {
    const server = await host.startPostgres();
    return { result: server, summary: `127.0.0.1:${server.port}` };
  });
  let opened: DemoSystem | null = null;
  try {
    if (options.reset) await resetDemo(host, postgres, { detectorName: name, warehouse: WAREHOUSE_DATABASE });

    const warehouse = await timer.run("fill the warehouse", 1, async (step) => {
      const filled = await fillDemoWarehouse(postgres, secret.password, offsetSeconds, options, (share) => step.update(share));
      const { rows, series, intervals, isNew } = filled;
      const figures = isNew ? { rows, series, intervals } : { rows: 0, series, intervals: 0 };
      return { result: filled, figures, summary: `${countText(rows, "rows")}, ${series} series${isNew ? "" : ", from the last run"}` };
    });
    const { period } = warehouse.plan;
    secret.write({ host: postgres.host, port: postgres.port, database: WAREHOUSE_DATABASE });
    writeLabels(join(host.homeFolder, LABELS_FILE), warehouse.plan);

    const clock = new ReplayClock(period.replayFromMs + offsetSeconds * 1000);
    opened = await host.openSystem(postgres, clock);
    const { system } = opened;

    for (const remark of [...example.notes, ...example.warnings]) options.onRemark(remark);
    const detector = await timer.run("apply the example", undefined, async () => {
      await applyDetector(example.config, system);
      const applied = (await system.store.detectors.getByName(name))!; // applied just now
      return { result: applied, summary: name };
    });
    await learn(detector, system, timer, options);
    await replayDays(detector, system, clock, { warehouse, postgres, offsetSeconds }, timer, options);

    const now = (await system.store.detectors.get(detector.id))!; // the replay found it
    const findings = await findingsOf(now, system.store, period);
    options.onDocument(
      demoDocument({ steps: timer.steps, detector: now, labels: labelsOf(warehouse.plan.incidents), ...findings }),
    );
    if (options.once) return;
    clock.goLive();
    await opened.serve({ port: options.port, signal: options.signal, onListening: options.onListening });
  } finally {
    await opened?.close();
    await postgres.stop();
  }
}

async function fillDemoWarehouse(
  postgres: DemoPostgres,
  readerPassword: string,
  offsetSeconds: number,
  { seed, once, nowMs, signal }: DemoOptions,
  onProgress: (share: number) => void,
): Promise<FilledWarehouse> {
  await postgres.createDatabase(WAREHOUSE_DATABASE);
  return await fillWarehouse(postgres.url(WAREHOUSE_DATABASE), {
    seed,
    anchorMs: once ? FIXED_ANCHOR_MS : lastWholeHour(nowMs, offsetSeconds),
    anchorIsFixed: once,
    readerPassword,
    onProgress,
    signal,
  });
}

/** Crawls and learns, unless an earlier run did. One call, two steps: they are timed apart. */
async function learn(detector: Detector, system: System, timer: StepTimer, { progress, signal }: DemoOptions): Promise<void> {
  if (detector.status === "ACTIVE" || detector.status === "LEARNING") {
    for (const name of ["crawl history", "learn"] as const) {
      progress.step(name).end("from the last run");
      timer.add(name, 0, { rows: 0, series: 0, intervals: 0 });
    }
    return;
  }
  const startedMs = performance.now();
  const crawling = progress.step("crawl history", 1);
  let learning: ReturnType<Progress["step"]> | null = null;
  let rowsSoFar = 0;
  try {
    const report = await activateDetector(detector.id, system, {
      signal,
      onProgress: (now) => {
        if (now.step === "crawl") {
          rowsSoFar = now.rows;
          crawling.update(now.shareDone, countText(now.rows, "rows"));
          return;
        }
        if (learning === null) crawling.end(countText(rowsSoFar, "rows"));
        learning ??= progress.step("learn", 1);
        if (now.step === "learn") learning.update(now.shareDone, countText(now.series, "series"));
      },
    });
    const series = await system.store.series.list(detector.id, detector.generation);
    const leaves = series.filter(({ isLeaf }) => isLeaf).length;
    const { rows, intervals, status, crawlSeconds } = report;
    crawling.end(countText(rows, "rows"));
    (learning ?? progress.step("learn")).end(`${countText(series.length, "series")} (${leaves} and their totals), ${status}`);
    timer.add("crawl history", crawlSeconds, { rows, series: leaves, intervals });
    // All until the detector is ACTIVE, the writing of points and states included.
    timer.add("learn", (performance.now() - startedMs) / 1000 - crawlSeconds, { series: series.length, intervals });
  } catch (error) {
    (learning ?? crawling).fail();
    throw error;
  }
}

async function replayDays(
  detector: Detector,
  system: System,
  clock: ReplayClock,
  { warehouse, postgres, offsetSeconds }: { warehouse: FilledWarehouse; postgres: DemoPostgres; offsetSeconds: number },
  timer: StepTimer,
  { signal }: DemoOptions,
): Promise<void> {
  const client = new Client({ connectionString: postgres.url(WAREHOUSE_DATABASE) });
  client.on("error", () => {}); // an error of an open connection also rejects its query
  await client.connect();
  try {
    await timer.run("replay", 1, async (step) => {
      const report = await replay({
        detectorId: detector.id,
        system,
        clock,
        period: warehouse.plan.period,
        offsetSeconds,
        arrive: (nowMs) => deliverLateRows(client, nowMs),
        onProgress: (done, hours) => step.update(done / hours, `${done} of ${hours} intervals`),
        signal,
      });
      const figures = { ...report, series: warehouse.series };
      return { result: report, figures, summary: `${countText(report.intervals, "intervals")}, ${countText(report.rows, "rows")}` };
    });
  } finally {
    await client.end();
  }
}
