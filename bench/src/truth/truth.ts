/**
 * `npm run bench -- truth`: what it costs that the numbers stay right, on 5,000 hourly series in a real PostgreSQL: a turn of
 * the schedule with and without fingerprints, and how long after a late row everything is corrected. `--scale 0.02` tries it
 * and writes nothing.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { nextDueMs } from "../../../service/src/crawl/due-intervals.ts";
import { runInterval } from "../../../service/src/pipeline/run-interval.ts";
import { activateDetector } from "../../../service/src/pipeline/activate.ts";
import { rereadLate } from "../../../service/src/pipeline/reread-late.ts";
import { seenBy } from "../../../service/src/pipeline/seen-prints.ts";
import type { Detector } from "../../../service/src/resources/detector.ts";
import { startEmbeddedPostgres } from "../../../service/src/store/embedded/embedded-postgres.ts";
import { measuredWith } from "../measured-with.ts";
import { fillSource, HOUR_MS, openWorld, PASSWORD_VARIABLE } from "../spine/spine-world.ts";

const RESULTS = fileURLToPath(new URL("../../results/truth.json", import.meta.url));
const SERIES = 5_000;
const HISTORY_INTERVALS = 336;
/** Checkpoints are 96 intervals apart: a correction near the next one replays nearly as many. */
const LIVE_INTERVALS = 94;
const TURNS = 12;
const LATE_HOURS = [1, 3, 6, 12, 23];

export async function truth(args: readonly string[]): Promise<void> {
  const scale = args.includes("--scale") ? Number(args[args.indexOf("--scale") + 1]) : 1;
  if (!(scale > 0 && scale <= 1)) throw new Error("--scale takes a number above 0, up to 1");
  const seriesCount = Math.round(SERIES * scale);
  const folder = mkdtempSync(join(tmpdir(), "foretop-bench-"));
  const postgres = await startEmbeddedPostgres(folder);
  try {
    for (const name of ["facts", "state"]) await postgres.createDatabase(name);
    await fillSource(postgres.url("facts"), { seriesCount, intervalCount: HISTORY_INTERVALS + LIVE_INTERVALS + 2 * TURNS });
    process.env[PASSWORD_VARIABLE] = postgres.password;
    const figures = await measure({ serverUrl: new URL("/", postgres.url("postgres")).href, source: "facts", homeFolder: folder }, postgres.url("facts"));
    for (const [name, value] of Object.entries(figures)) console.error(`${name}: ${Number(value.toPrecision(4))}`);
    if (scale < 1) return;
    mkdirSync(dirname(RESULTS), { recursive: true });
    const rounded = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value.toPrecision(4))]));
    writeFileSync(RESULTS, `${JSON.stringify({ ...measuredWith(), loadAverage: Number(loadavg()[1]!.toPrecision(4)), series: seriesCount, figures: rounded }, null, 2)}\n`);
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(place: Parameters<typeof openWorld>[0], factsUrl: string): Promise<Record<string, number>> {
  await using world = await openWorld(place, { state: "state", historyIntervals: HISTORY_INTERVALS });
  const { clock, open: { system } } = world;
  const facts = new Client({ connectionString: factsUrl });
  await facts.connect();
  const now = async (): Promise<Detector> => (await system.store.detectors.get(world.detector.id))!;
  const judge = async (): Promise<void> => {
    const detector = await now();
    clock.advanceTo(nextDueMs(detector)!);
    await runInterval(detector, { startMs: detector.headMs!, endMs: detector.headMs! + HOUR_MS }, system);
  };
  await activateDetector(world.detector.id, system);
  for (let hour = 0; hour < LIVE_INTERVALS; hour++) await judge();

  await rereadLate(await now(), system); // the first after a start reads everything once
  const cpuOf = async (turns: number[]): Promise<number> => {
    const seconds: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      const { elapsed, cpu } = await oneTurn();
      turns.push(elapsed);
      seconds.push(cpu);
    }
    return median(seconds);
  };
  const withPrints: number[] = [];
  const cpuWithPrints = await cpuOf(withPrints);
  const late: Record<string, number> = {};
  let cpuMax = 0;
  for (const hours of LATE_HOURS) {
    const detector = await now();
    const atMs = detector.headMs! - hours * HOUR_MS;
    await facts.query("insert into facts select ts + interval '1 minute', region, item, amount from facts where ts = to_timestamp($1) limit 1", [atMs / 1000]);
    const started = performance.now();
    const cpu = process.cpuUsage();
    const report = await rereadLate(detector, system);
    late[`correctedSecondsAfter${hours}Hours`] = (performance.now() - started) / 1000;
    cpuMax = Math.max(cpuMax, cpuSecondsSince(cpu));
    if (report.intervalsChanged === 0) throw new Error("the late row was not seen");
  }
  seenBy(system).giveUp(await now());
  const withoutPrints: number[] = [];
  const cpuWithoutPrints = await cpuOf(withoutPrints);
  await facts.end();
  return {
    rereadSecondsWithFingerprints: median(withPrints),
    rereadCpuSecondsWithFingerprints: cpuWithPrints,
    rereadSecondsWithout: median(withoutPrints),
    rereadCpuSecondsWithout: cpuWithoutPrints,
    ...late,
    correctedSecondsMax: Math.max(...Object.values(late)),
    correctedCpuSecondsMax: cpuMax,
  };

  /** Only the second look at the horizon; the interval itself is in the spine's figures. */
  async function oneTurn(): Promise<{ elapsed: number; cpu: number }> {
    await judge();
    const detector = await now();
    const started = performance.now();
    const cpu = process.cpuUsage();
    const report = await rereadLate(detector, system);
    if (report.intervalsChanged > 0) throw new Error("nothing had changed");
    return { elapsed: (performance.now() - started) / 1000, cpu: cpuSecondsSince(cpu) };
  }
}

/** Of this process: what elapsed time would be on a machine with nothing else to do, PostgreSQL's share aside. */
function cpuSecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
