import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeEach, expect, test } from "vitest";
import { HOUR, SAMPLE_START, sampleDetector, sampleMember, sampleMessage } from "../../../test/sample-group.ts";
import type { AlertMessage } from "../../alerts/message.ts";
import type { Channel } from "../channel.ts";
import { testChannel } from "../channel-contract.ts";
import { exportChannel } from "./export.ts";

const base = mkdtempSync(join(tmpdir(), "foretop-export-"));
let count = 0;
let folder = "";
beforeEach(() => {
  folder = join(base, String((count += 1)));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

testChannel("export", {
  channel: exportChannel as Channel,
  homeFolder: base,
  open() {
    const target = folder;
    return Promise.resolve({
      settings: { folder: target },
      secrets: {},
      received: () => Promise.resolve([...csvFiles(target)].map(([id, content]) => ({ id, content }))),
      fail(how) {
        if (how === "without an answer") throw new Error("a file system answers");
        // In the place of the detector's folder a file; in the place of the CSV file a folder.
        mkdirSync(target, { recursive: true });
        if (how === "for good") writeFileSync(join(target, "shop"), "");
        else mkdirSync(join(target, "shop/anomalyResults/metricValue_AnomalyScore/2026-11-22_14:00:00_metricValue_AnomalyScore.csv"), { recursive: true });
      },
      close: () => Promise.resolve(),
    });
  },
  cannot: { "without an answer": "a file system answers", secrets: "it has none" },
});

function send(message: AlertMessage, settings: { folder?: string } = { folder }, homeFolder = base) {
  return exportChannel.send({ key: message.foretop.deliveryKey, message, attempt: 1 }, settings, {
    secrets: { resolve: () => Promise.reject(new Error("not asked")) },
    signal: new AbortController().signal,
    homeFolder,
    log: () => {},
  });
}

/** path → text, of what readers of the folder see */
function csvFiles(root: string): Map<string, string> {
  const paths = statSync(root, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(root, { recursive: true, encoding: "utf8" });
  return new Map(paths.filter((path) => path.endsWith(".csv") && statSync(join(root, path)).isFile()).sort().map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

test("files have the known names, in a folder for the detector, and hold the known columns", async () => {
  await send(sampleMessage());
  const files = csvFiles(folder);
  expect([...files.keys()]).toEqual([
    "shop/anomalyResults/dimensionContributions/2026-11-22_14:00:00_dimensionContributions.csv",
    "shop/anomalyResults/metricValue_AnomalyScore/2026-11-22_14:00:00_metricValue_AnomalyScore.csv",
  ]);
  const [contributions, metricValues] = [...files.values()];
  expect(metricValues).toBe(
    [
      "key,Timestamp,platform,marketplace,viewsAnomalyMetricValue,revenueAnomalyMetricValue,viewsGroupScore,revenueGroupScore",
      "2026-11-22T14:00Z[UTC]|ios|de,2026-11-22 14:00:00,ios,de,581,,90.26,",
      "2026-11-22T14:00Z[UTC]|ios|us,2026-11-22 14:00:00,ios,us,580,,90.26,",
      "",
    ].join("\n"),
  );
  expect(contributions).toMatch(/^Timestamp,metricName,dimensionName,dimensionValue,valueContribution\n2026-11-22 14:00:00,views,marketplace,us,50\n/);
});

test("without a folder in the settings it is export in the home folder", async () => {
  await send(sampleMessage(), {}, folder);
  expect([...csvFiles(join(folder, "export")).keys()]).toHaveLength(2);
});

test("file names follow the dataset's zone, as the original's did", async () => {
  await send(sampleMessage({}, { detector: sampleDetector({ zone: "Europe/Berlin" }) }));
  expect([...csvFiles(folder).keys()][0]).toContain("2026-11-22_15:00:00_");
});

test("a group that goes on has a file for each of its intervals, with the values of that interval", async () => {
  const second = sampleMessage({ revision: 2, peakMs: SAMPLE_START + HOUR, lastMs: SAMPLE_START + HOUR, members: [sampleMember(0), sampleMember(1, { peakMs: SAMPLE_START + HOUR, actual: 333 })] }, { event: "continued" });
  await send(sampleMessage());
  await send(second);
  const metricValues = [...csvFiles(folder)].filter(([path]) => path.includes("metricValue_")).map(([, text]) => text.split("\n").slice(1, -1));
  expect(metricValues).toEqual([
    ["2026-11-22T14:00Z[UTC]|ios|de,2026-11-22 14:00:00,ios,de,581,,90.26,", "2026-11-22T14:00Z[UTC]|ios|us,2026-11-22 14:00:00,ios,us,580,,90.26,"],
    ["2026-11-22T15:00Z[UTC]|ios|us,2026-11-22 15:00:00,ios,us,333,,90.26,"],
  ]);
});

test("a revision that says nothing new of an hour leaves its files alone; one that does writes them again", async () => {
  const path = join(folder, "shop/anomalyResults/metricValue_AnomalyScore/2026-11-22_14:00:00_metricValue_AnomalyScore.csv");
  await send(sampleMessage());
  const before = statSync(path).ino; // a renamed file is another one
  const next = { peakMs: SAMPLE_START + HOUR, members: [sampleMember(0), sampleMember(1), sampleMember(2, { peakMs: SAMPLE_START + HOUR })] };
  expect(await send(sampleMessage({ ...next, revision: 2 }, { event: "continued" }))).toMatchObject({ outcome: "sent", detail: expect.stringMatching(/^1 interval in /) as string });
  expect(statSync(path).ino).toBe(before);
  await send(sampleMessage({ ...next, revision: 3, severity: 99 }, { event: "continued" }));
  expect(statSync(path).ino).not.toBe(before);
  expect(readFileSync(path, "utf8")).toContain("581,,99,");
  // A retry renders again what its first try may not have come to.
  rmSync(path);
  await send(sampleMessage({ ...next, revision: 3, severity: 99 }, { event: "continued" }));
  expect(readFileSync(path, "utf8")).toContain("581,,99,");
});

test("a group that was taken back leaves only the columns, in every interval, also when an old message comes late", async () => {
  const later = { revision: 2, peakMs: SAMPLE_START + HOUR, members: [sampleMember(1, { peakMs: SAMPLE_START + HOUR })] };
  await send(sampleMessage());
  await send(sampleMessage(later, { event: "continued" }));
  await send(sampleMessage({ ...later, revision: 3, status: "retracted" }, { event: "retracted" }));
  await send(sampleMessage());
  expect([...csvFiles(folder).values()].map((text) => text.split("\n").length)).toEqual([2, 2, 2, 2]);
});

/** Several groups of both measures that share intervals and series, in several revisions. */
function manyMessages(): AlertMessage[] {
  return Array.from({ length: 30 }, (_, i) => {
    const at = SAMPLE_START + (i % 3) * HOUR;
    const members = [sampleMember(i % 4, { peakMs: at, actual: i }), sampleMember((i + 1) % 4, { peakMs: SAMPLE_START, actual: 100 + i })];
    const changes = { id: `00000000-0000-4000-8000-00000000000${i % 6}`, revision: 1 + Math.floor(i / 6), measure: i % 2 === 0 ? "views" : "revenue", severity: 70 + i / 2, peakMs: at, lastMs: at, members, head: [i % 4] };
    return sampleMessage(changes, { event: "continued" });
  });
}

test("many at once in one process: nothing is lost, the files are those of one after the other", async () => {
  const oneByOne = join(folder, "a");
  for (const message of manyMessages()) await send(message, { folder: oneByOne });
  const atOnce = join(folder, "b");
  const results = await Promise.all(manyMessages().toReversed().map((message) => send(message, { folder: atOnce })));
  expect(results.every(({ outcome }) => outcome === "sent")).toBe(true);
  expect(csvFiles(atOnce)).toEqual(csvFiles(oneByOne));
  expect(csvFiles(oneByOne).size).toBe(6);
});

test("several processes on one folder: nothing is lost, nothing is left behind", async () => {
  const oneByOne = join(folder, "a");
  for (const message of manyMessages()) await send(message, { folder: oneByOne });
  const shared = join(folder, "b");
  const messages = manyMessages();
  const writers = [0, 1, 2].map((w) => {
    const file = join(folder, `messages-${w}.json`);
    // Each message is written by two of the three, as after a lease that ran out.
    writeFileSync(file, JSON.stringify(messages.filter((_, i) => i % 3 !== w)));
    return promisify(execFile)(process.execPath, [join(import.meta.dirname, "../../../test/export-writer.ts"), shared, file]);
  });
  await Promise.all(writers);
  expect(csvFiles(shared)).toEqual(csvFiles(oneByOne));
  expect(readdirSync(join(shared, "shop/anomalyResults/.unfinished"))).toEqual([]);
});

test("readers never see half a file", async () => {
  const path = join(folder, "shop/anomalyResults/metricValue_AnomalyScore/2026-11-22_14:00:00_metricValue_AnomalyScore.csv");
  const seen = new Set<string>();
  let reads = 0;
  let isDone = false;
  const reading = (async () => {
    while (!isDone) {
      if (statSync(path, { throwIfNoEntry: false }) !== undefined) {
        seen.add(readFileSync(path, "utf8"));
        reads += 1;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  for (const message of manyMessages()) await send(message);
  isDone = true;
  await reading;
  for (const text of seen) expect(text).toMatch(/^key,Timestamp,[^\n]*\n(.+\n)+$/);
  expect(reads).toBeGreaterThan(20);
});
