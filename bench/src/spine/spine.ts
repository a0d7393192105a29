/**
 * `npm run bench -- spine`: the speed and memory that the spine promises, measured on a real PostgreSQL beside what the
 * same machine can do in the same minute (a crawl against COPY). Each part runs in a process of its own.
 *
 * `--only demo,crawl,train,interval,linear` runs some of it; the other parts' results stay what they were, each with the
 * commit and the load of its own run. `--scale 0.01` tries it with a hundredth of the series and writes nothing.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "../../../service/src/store/embedded/embedded-postgres.ts";
import { measuredWith } from "../measured-with.ts";
import { LIVE_INTERVALS, type Figures, type PartOptions } from "./parts.ts";
import { fillSource, PASSWORD_VARIABLE } from "./spine-world.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const RESULTS = join(ROOT, "bench", "results", "spine.json");
const PARTS = ["demo", "crawl", "train", "interval", "linear"] as const;
type Part = (typeof PARTS)[number];

const LARGE = { seriesCount: 5_000, historyIntervals: 2_500, liveIntervals: LIVE_INTERVALS };
/** Two weeks of hours: enough to learn the season, little enough for fifty thousand series on a laptop. */
const LINEAR = [500, 5_000, 50_000].map((seriesCount) => ({ seriesCount, historyIntervals: 336, liveIntervals: 12 }));

export async function spine(args: readonly string[]): Promise<void> {
  const chosen = chosenParts(args);
  const scale = args.includes("--scale") ? Number(args[args.indexOf("--scale") + 1]) : 1;
  if (!(scale > 0 && scale <= 1)) throw new Error("--scale takes a number above 0, up to 1");
  const folder = mkdtempSync(join(tmpdir(), "foretop-bench-"));
  const save = (part: Part, figures: PartFigures) => {
    if (scale === 1) writePart(part, figures);
  };
  try {
    if (chosen.has("demo")) save("demo", report("demo", await demo(join(folder, "demo"))));
    if (chosen.size > 1 || !chosen.has("demo")) {
      const home = join(folder, "home");
      const postgres = await startEmbeddedPostgres(home);
      try {
        await measureWorlds({ postgres, home, chosen, scale }, save);
      } finally {
        await postgres.stop();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type PartFigures = Figures | Readonly<Record<string, Figures>>;

/** Replaces one part of the results; what else the machine did meanwhile is told by its load. */
function writePart(part: Part, figures: PartFigures): void {
  const known: unknown = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, "utf8")) : {};
  const results = { ...(known as object), [part]: { ...measuredWith(), loadAverage: rounded(loadavg()[1]), figures } };
  const sorted = Object.fromEntries(PARTS.flatMap((name) => (name in results ? [[name, results[name as keyof typeof results]]] : [])));
  mkdirSync(dirname(RESULTS), { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify(sorted, (_, value: unknown) => (typeof value === "number" ? rounded(value) : value), 2)}\n`);
}

/** Four digits: more are noise. */
function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

async function measureWorlds(
  { postgres, home, chosen, scale }: { postgres: EmbeddedPostgres; home: string; chosen: ReadonlySet<Part>; scale: number },
  save: (part: Part, figures: PartFigures) => void,
): Promise<void> {
  const run = async (name: string, options: PartOptions, state: string) => {
    await postgres.createDatabase(state);
    return await inChild(name, options, postgres.password);
  };
  if (chosen.has("crawl") || chosen.has("train") || chosen.has("interval")) {
    const options = await worldOf(postgres, home, scaled(LARGE, scale));
    if (chosen.has("crawl")) {
      // A tenth of the rows says the same in a tenth of the time.
      const shorter = { ...options, historyIntervals: LARGE.historyIntervals / 10 };
      save("crawl", report("crawl", await run("crawlAgainstCopy", shorter, `state_crawl_${options.source}`)));
    }
    if (chosen.has("train") || chosen.has("interval")) {
      save("train", report("train", await run("train", options, `state_${options.source}`)));
    }
    if (chosen.has("interval")) save("interval", report("interval", await run("oneInterval", options, `state_${options.source}`)));
    await removeWorld(postgres, options);
  }
  if (!chosen.has("linear")) return;
  const linear: Record<string, Figures> = {};
  for (const full of LINEAR) {
    const size = scaled(full, scale);
    const options = await worldOf(postgres, home, size);
    const trained = await run("train", options, `state_${options.source}`);
    const interval = await run("oneInterval", options, `state_${options.source}`);
    linear[size.seriesCount] = report(`linear ${size.seriesCount}`, {
      learnMicrosecondsPerPoint: (1e6 * trained["learnSeconds"]) / (size.seriesCount * size.historyIntervals),
      trainMicrosecondsPerPoint: (1e6 * trained["seconds"]) / (size.seriesCount * size.historyIntervals),
      intervalSeconds: interval["medianSeconds"],
      intervalMicrosecondsPerSeries: (1e6 * interval["medianSeconds"]) / size.seriesCount,
      trainPeakMiB: trained["peakMiB"],
      intervalPeakMiB: interval["peakMiB"],
    });
    await removeWorld(postgres, options);
  }
  save("linear", linear);
}

async function worldOf(
  postgres: EmbeddedPostgres,
  homeFolder: string,
  size: Pick<PartOptions, "seriesCount" | "historyIntervals" | "liveIntervals">,
): Promise<PartOptions> {
  const source = `source_${size.seriesCount}_${size.historyIntervals}`;
  await postgres.createDatabase(source);
  const started = performance.now();
  await fillSource(postgres.url(source), { seriesCount: size.seriesCount, intervalCount: size.historyIntervals + size.liveIntervals });
  console.error(`${source} filled in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  const serverUrl = new URL("/", postgres.url("postgres")).href;
  return { ...size, serverUrl, source, homeFolder };
}

function scaled<T extends { seriesCount: number }>(size: T, scale: number): T {
  return { ...size, seriesCount: Math.max(1, Math.round(size.seriesCount * scale)) };
}

async function removeWorld(postgres: EmbeddedPostgres, { source }: PartOptions): Promise<void> {
  for (const database of [source, `state_${source}`, `state_crawl_${source}`]) await postgres.dropDatabase(database);
}

/** Start of the crawl to ACTIVE, and everything after the download, from the demo's own document. */
async function demo(homeFolder: string): Promise<Figures> {
  const main = join(ROOT, "service", "src", "main.ts");
  const started = performance.now();
  const text = await outputOf([main, "demo", "--once", "--json", "--quiet", "--seed", "7", "--home", homeFolder]);
  const allSeconds = (performance.now() - started) / 1000;
  const { steps, labels } = JSON.parse(text) as {
    steps: { name: string; seconds: number; rows: number | null; intervals: number | null }[];
    labels: { planted: number; found: number; falseGroups: number };
  };
  const step = (name: string) => steps.find((candidate) => candidate.name === name)!; // the document has all steps
  return {
    crawlToActiveSeconds: step("crawl history").seconds + step("learn").seconds,
    fillSeconds: step("fill the warehouse").seconds,
    replaySeconds: step("replay").seconds,
    replayIntervalsPerSecond: (step("replay").intervals ?? 0) / step("replay").seconds,
    allSeconds,
    ...labels,
  };
}

async function inChild(name: string, options: PartOptions, password: string): Promise<Figures> {
  const script = fileURLToPath(new URL("run-part.ts", import.meta.url));
  const text = await outputOf([script, name, JSON.stringify(options)], { [PASSWORD_VARIABLE]: password });
  return JSON.parse(text.trim().split("\n").at(-1)!) as Figures; // run-part.ts prints figures last
}

function outputOf(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...env } });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`${args[0]} ended with exit code ${code}`))));
  });
}

function chosenParts(args: readonly string[]): ReadonlySet<Part> {
  const only = args.indexOf("--only");
  if (only === -1) return new Set(PARTS);
  const names = (args[only + 1] ?? "").split(",");
  const unknown = names.filter((name) => !(PARTS as readonly string[]).includes(name));
  if (unknown.length > 0) throw new Error(`--only takes ${PARTS.join(", ")}, not ${unknown.join(", ")}`);
  return new Set(names as Part[]); // all are known: checked above
}

function report<T extends Figures>(name: string, figures: T): T {
  const text = Object.entries(figures).map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`);
  console.error(`${name}: ${text.join(", ")}`);
  return figures;
}
