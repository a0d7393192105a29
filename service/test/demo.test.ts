/** The first README command, as a user runs it: a process of its own, an empty folder, nothing set up. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { Connector } from "../src/connectors/connector.ts";
import { postgresConnector } from "../src/connectors/postgres/postgres.ts";
import type { DemoDocument } from "../src/demo/demo-document.ts";
import { openSystem } from "../src/open-system.ts";
import { verifyEvidence } from "../src/pipeline/gather-evidence.ts";
import { startEmbeddedPostgres } from "../src/store/embedded/embedded-postgres.ts";
import { systemClock } from "../src/telemetry/clock.ts";
import { silentLogger } from "../src/telemetry/logger.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const RUN_MS_MAX = 600_000; // ninety seconds at most on two quiet cores, more when other suites share them

const folders: string[] = [];
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
});

function newHome(): string {
  const folder = mkdtempSync(join(tmpdir(), "foretop-demo-"));
  folders.push(folder);
  return folder;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param onOutput  called with everything written so far, whenever there is more */
function demo(args: readonly string[], onOutput: (so: { stdout: string; stderr: string }, child: ChildProcess) => void = () => {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, "demo", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    const so = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (part: string) => {
        so[name] += part;
        onOutput(so, child);
      });
    }
    child.on("error", reject);
    child.on("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal, ...so });
    });
  });
}

function documentOf({ code, stdout, stderr }: Ended): DemoDocument {
  expect({ code, stderr }).toEqual({ code: 0, stderr }); // so that a failure shows what it said
  return JSON.parse(stdout) as DemoDocument; // throws when there is anything beside the one document
}

/** What `foretop anomaly evidence ID --verify` does, for every group of an installation, also those of little severity. */
async function verifyAll(homeFolder: string): Promise<{ groupCount: number; differing: string[] }> {
  const postgres = await startEmbeddedPostgres(homeFolder);
  try {
    const open = await openSystem({ homeFolder, databaseUrl: postgres.url("foretop"), connectors: [postgresConnector as Connector], channels: [], clock: systemClock, log: silentLogger, consoleUrl: "", threads: 1 });
    try {
      const { groups } = await open.system.store.groups.list({ limit: 1000 });
      const differing: string[] = [];
      for (const group of groups) {
        const detector = (await open.system.store.detectors.get(group.detectorId))!;
        const { isSame, differences, evidence } = await verifyEvidence(group, detector, open.system);
        if (!isSame || evidence.series.length === 0) differing.push(`${group.headline}: ${JSON.stringify(differences)}`);
      }
      return { groupCount: groups.length, differing };
    } finally {
      await open.close();
    }
  } finally {
    await postgres.stop();
  }
}

describe("demo --once --json --seed 7", () => {
  const home = newHome();
  const once = ["--once", "--json", "--seed", "7", "--home", home];
  let first: DemoDocument;

  test("finds what was planted and prints one JSON document on stdout, nothing else", { timeout: RUN_MS_MAX }, async () => {
    first = documentOf(await demo(once));
    expect(Object.keys(first)).toEqual(["steps", "groups", "labels"]);
    expect(first.steps.map(({ name, rows, series, intervals }) => ({ name, rows, series, intervals }))).toEqual([
      { name: "start PostgreSQL", rows: null, series: null, intervals: null },
      { name: "fill the warehouse", rows: 1_380_468, series: 42, intervals: 21_912 },
      { name: "apply the example", rows: null, series: null, intervals: null },
      { name: "crawl history", rows: 157_500, series: 42, intervals: 2_500 },
      { name: "learn", rows: null, series: 64, intervals: 2_500 },
      { name: "replay", rows: expect.any(Number) as number, series: 42, intervals: 336 },
    ]);
    for (const { seconds } of first.steps) expect(seconds).toBeGreaterThanOrEqual(0);

    const { planted, found, missed, falseGroups } = first.labels;
    expect(planted).toBe(13);
    expect(found + missed).toBe(planted);
    expect(found / planted).toBeGreaterThanOrEqual(0.9);
    expect(falseGroups).toBeLessThanOrEqual(3);

    expect(first.groups.length).toBeGreaterThanOrEqual(7);
    for (const group of first.groups) {
      expect(Object.keys(group).join()).toBe("id,severity,measure,kind,start,end,direction,actual,expected,lower,upper,segments");
      expect(group.id).toMatch(/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
      expect(group.severity).toBeGreaterThanOrEqual(70);
      expect(group.segments.length).toBeGreaterThan(0);
    }
  });

  test("leaves labels for people and the alert's CSV files behind", () => {
    expect(JSON.parse(readFileSync(join(home, "demo", "labels.json"), "utf8"))).toMatchObject({ seed: 7 });
    expect(existsSync(join(home, "export"))).toBe(true);
  });

  test("the evidence of every group is verified: the source read again, judged with the states of then, the same", { timeout: RUN_MS_MAX }, async () => {
    const { groupCount, differing } = await verifyAll(home);
    expect(groupCount).toBeGreaterThanOrEqual(first.groups.length);
    expect(differing).toEqual([]);
  });

  test("run again, has the same to say and does nothing twice", { timeout: RUN_MS_MAX }, async () => {
    const second = documentOf(await demo(once));
    expect(second.groups).toEqual(first.groups);
    expect(second.labels).toEqual(first.labels);
    const done = second.steps.map(({ rows, intervals }) => [rows ?? 0, intervals ?? 0]);
    expect(done.flat().every((count) => count === 0)).toBe(true);
  });

  test("with another seed in the same folder is refused, with advice, and says nothing on stdout", { timeout: RUN_MS_MAX }, async () => {
    const ended = await demo(["--once", "--seed", "8", "--home", home]);
    expect(ended).toMatchObject({ code: 4, stdout: "" });
    expect(ended.stderr).toContain("the demo in this folder was made with seed 7, not 8");
    expect(ended.stderr).toContain("--reset");
  });

  test("started over, killed in its replay and run again: the same groups, ids too", { timeout: RUN_MS_MAX }, async () => {
    const killed = await demo([...once, "--reset"], ({ stderr }, child) => {
      if (/^learn /m.test(stderr)) setTimeout(() => child.kill("SIGKILL"), 3_000);
    });
    expect(killed).toMatchObject({ signal: "SIGKILL", stdout: "" });
    const { groups, labels, steps } = documentOf(await demo(once));
    expect(groups).toEqual(first.groups);
    expect(labels).toEqual(first.labels);
    const replayed = steps.find(({ name }) => name === "replay")?.intervals;
    expect(replayed).toBeGreaterThan(0);
    expect(replayed).toBeLessThan(336);
  });
});

describe("demo", () => {
  test("prints a table, serves the page and ends on Ctrl-C", { timeout: RUN_MS_MAX }, async () => {
    const health: Promise<number>[] = [];
    const ended = await demo(["--home", newHome(), "--port", "0"], ({ stderr }, child) => {
      const address = /The page: (http:\S+)/.exec(stderr)?.[1];
      if (address === undefined || health.length > 0) return;
      const status = fetch(new URL("/healthz", address)).then((answer) => answer.status);
      health.push(status);
      void status.finally(() => child.kill("SIGINT"));
    });
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 130, stderr: ended.stderr });
    expect(await Promise.all(health)).toEqual([200]);
    expect(ended.stdout).toMatch(/^SEVERITY +MEASURE +KIND +SINCE/m);
    expect(ended.stdout).toMatch(/^planted +13/m);
  });
});
