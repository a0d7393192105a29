import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { normal, seededRandom } from "@foretop/engine";
import { afterAll, test } from "vitest";
import { SourceError, UserError } from "../../telemetry/errors.ts";
import type { ScoreOptions } from "./score.ts";
import { scoreCommand } from "./score.ts";
import { SCORE_HEADER } from "./write-scores.ts";

const folder = mkdtempSync(join(tmpdir(), "foretop-score-"));
afterAll(() => rmSync(folder, { recursive: true }));

const HOUR = 3600;
const START = 1_767_225_600; // 2026-01-01T00:00:00Z

/** Two series of hours with a daily season; series b drops by half in its last hour but one. */
function sample(hours: number): string[] {
  const random = seededRandom(1);
  const lines = ["series,timestamp,value"];
  for (let t = 0; t < hours; t++) {
    const usual = 100 + 30 * Math.sin((t * Math.PI) / 12);
    lines.push(`a,${START + t * HOUR},${(usual + 3 * normal(random)).toFixed(3)}`);
    lines.push(`b,${START + t * HOUR},${(t === hours - 2 ? usual / 2 : usual + 3 * normal(random)).toFixed(3)}`);
  }
  return lines;
}

async function score(content: string | Uint8Array, options: Omit<ScoreOptions, "file"> = {}): Promise<string> {
  const file = join(folder, "in.csv");
  writeFileSync(file, content);
  let out = "";
  remarks = "";
  await scoreCommand({ file, ...options }, { stdin: stdinOf(""), stdout: { write: (text) => (out += text) }, stderr });
  return out;
}

/** what the last run said on stderr */
let remarks = "";
const stderr = { write: (text: string) => (remarks += text) };

async function* stdinOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

test("score writes a line for each line, in their order, with the columns of the header", async () => {
  const input = sample(400);
  const lines = (await score(input.join("\n"), { learnShare: 0.5 })).trimEnd().split("\n");
  assert.equal(lines[0], SCORE_HEADER);
  assert.equal(lines.length, input.length);
  const firstCells = (line: string) => line.split(",").slice(0, 2).join();
  assert.deepEqual(lines.slice(1).map(firstCells), input.slice(1).map(firstCells));
  const dip = lines.find((line) => line.endsWith(",down,dip"))!.split(",");
  assert.equal(dip[0], "b");
  assert.equal(dip[1], String(START + 398 * HOUR));
  assert.ok(Number(dip[9]) > 70 && Number(dip[4]) < Number(dip[3]) && Number(dip[3]) < Number(dip[5]));
});

test("scores are empty while learning, and from the first row after the history they are there", async () => {
  const rows = (await score(sample(400).join("\n"), { learnShare: 0.5 })).trimEnd().split("\n").slice(1).map((line) => line.split(","));
  assert.ok(rows.slice(0, 400).every((row) => row[6] === "" && row[9] === ""));
  assert.ok(rows.slice(400).every((row) => row[6] !== "" && row[9] !== ""));
});

test("without --learn-… a series is judged after 300 points, a short one from its middle on", async () => {
  const firstJudged = async (hours: number) => {
    const rows = (await score(sample(hours).join("\n"))).split("\n").slice(1).filter((line) => line.startsWith("a,"));
    return rows.findIndex((line) => line.split(",")[6] !== "");
  };
  assert.equal(await firstJudged(700), 300);
  assert.equal(await firstJudged(200), 100);
});

test("gzip, stdin, quotes, a byte order mark, CRLF, other column names and ISO times give the same scores", async () => {
  const plain = await score(sample(300).join("\n"), { learnShare: 0.5 });
  assert.equal(await score(gzipSync(sample(300).join("\n")), { learnShare: 0.5 }), plain);
  assert.equal(await score(`\ufeff${sample(300).join("\r\n")}\r\n`, { learnShare: 0.5 }), plain);
  const renamed = sample(300).map((line, i) => (i === 0 ? "ts,v,name" : line.replace(/^(\w),(\d+),(.*)$/, (_, s, ts, v) => `${new Date(Number(ts) * 1000).toISOString()},${v},"${s}"`)));
  const other = await score(renamed.join("\n"), { learnShare: 0.5, seriesColumn: "name", timestampColumn: "ts", valueColumn: "v" });
  const scores = (text: string) => text.split("\n").map((line) => line.split(",").slice(2).join());
  assert.deepEqual(scores(other), scores(plain));
  let out = "";
  await scoreCommand({ file: "-", learnShare: 0.5 }, { stdin: stdinOf(sample(300).join("\n")), stdout: { write: (text) => (out += text) }, stderr });
  assert.equal(out, plain);
});

test("rows may come in any order; the future never touches the past", async () => {
  const input = sample(400);
  const plain = await score(input.join("\n"), { learnUntil: String(START + 200 * HOUR) });
  const shuffled = [input[0], ...input.slice(1).reverse()];
  const back = (await score(shuffled.join("\n"), { learnUntil: String(START + 200 * HOUR) })).trimEnd().split("\n");
  assert.deepEqual([back[0], ...back.slice(1).reverse()], plain.trimEnd().split("\n"));
  const cut = await score(input.slice(0, -100).join("\n"), { learnUntil: String(START + 200 * HOUR) });
  assert.ok(plain.startsWith(cut));
});

test("--json prints what was found instead", async () => {
  const summary = JSON.parse(await score(sample(400).join("\n"), { learnShare: 0.5, json: true })) as Record<string, unknown>;
  assert.equal(summary.rows, 800);
  assert.equal(summary.series, 2);
  assert.equal(summary.judged, 400);
  assert.ok((summary.anomalies as number) >= 1);
});

test("the interval is the file's where it says so, else the most frequent step; missing rows are intervals of their own", async () => {
  const header = "timestamp,value,interval_seconds";
  const rows = Array.from({ length: 200 }, (_, t) => `${START + t * 2 * HOUR},${100 + (t % 12)},${HOUR}`);
  const given = await score([header, ...rows].join("\n"), { learnShare: 0.5 });
  const guessed = await score([header.replace("interval_seconds", "other"), ...rows].join("\n"), { learnShare: 0.5 });
  const expectedOf = (text: string) => text.split("\n").slice(150, 190).map((line) => Number(line.split(",")[3]));
  // Every second hour is missing: the day has 24 positions in one, 12 in the other; both know the pattern.
  for (const text of [given, guessed]) expectedOf(text).forEach((expected, i) => assert.ok(Math.abs(expected - (100 + ((149 + i) % 12))) < 1.5, `${i}: ${expected}`));
  assert.notDeepEqual(expectedOf(given), expectedOf(guessed));
});

test("--zone says whose days the data follow: across the change to summer time a local rhythm stays expected", async () => {
  // 08:00–16:00 in Berlin is busy; on 29 March 2026 the clocks go forward.
  const from = Date.UTC(2026, 1, 1) / 1000;
  const hours = 24 * 70;
  const rows = Array.from({ length: hours }, (_, t) => {
    const utc = from + t * HOUR;
    const localHour = ((utc + (utc < Date.UTC(2026, 2, 29, 1) / 1000 ? HOUR : 2 * HOUR)) / HOUR) % 24;
    return `${utc},${(localHour >= 8 && localHour < 16 ? 200 : 100) + (t % 7)}`;
  });
  const content = ["timestamp,value", ...rows].join("\n");
  const findings = async (zone: string) => (await score(content, { learnShare: 0.6, zone })).split("\n").slice(1 + hours * 0.75).filter((line) => /,(up|down),/.test(line)).length;
  assert.equal(await findings("Europe/Berlin"), 0);
  assert.ok((await findings("UTC")) > 0);
});

test("what can't be read is said with its line, column and a way out", async () => {
  const fails = async (content: string, pattern: RegExp, options: Omit<ScoreOptions, "file"> = {}) => {
    await assert.rejects(score(content, options), (error: unknown) => (error instanceof SourceError || error instanceof UserError) && pattern.test(error.message));
  };
  await fails("series,time,value\na,1,2\n", /no column "timestamp"; it has series, time, value/);
  await fails("timestamp,value\nyesterday,2\n", /line 2, column timestamp: "yesterday" can.t be read/);
  await fails("timestamp,value\n1,two\n", /line 2, column value: "two" can.t be read/);
  await fails("timestamp,value\n1,2\n", /no time zone "Mars"/, { zone: "Mars" });
  await fails("timestamp,value\n1,2\n", /from 0 to 1/, { learnShare: 50 });
});

test("empty files, single rows, missing values and duplicates are survived", async () => {
  assert.equal(await score("timestamp,value\n"), `${SCORE_HEADER}\n`);
  assert.equal((await score("timestamp,value\n1,5\n")).split("\n")[1], ",1,5,,,,,,,,,");
  const lines = (await score("timestamp,value\n0,5\n0,6\n3600,\n7200,NaN\n10800,1e300\n14400,Infinity\n", { learnShare: 0 })).split("\n");
  assert.equal(lines.length, 8);
});

test("rows that count for nothing are told: another row of the same series and interval came later", async () => {
  const lines = sample(60);
  await score(lines.join("\n"));
  assert.equal(remarks, "");
  const withoutSeries = lines.map((line) => line.slice(line.indexOf(",") + 1)); // two series as one: two rows an hour
  const summary = JSON.parse(await score(withoutSeries.join("\n"), { json: true })) as { rows: number; replaced: number };
  assert.deepEqual([summary.rows, summary.replaced], [120, 60]);
  assert.match(remarks, /60 of 120 rows did not count.*no series column: name it with --series-column/);
  await score(`${lines.join("\n")}\na,${START + 5 * HOUR},7\n`);
  assert.match(remarks, /1 of 121 rows did not count.*Add them up first/);
});

test("a cell that can't be read is named with file, line and column; a file without rows is told", async () => {
  await assert.rejects(score("series,timestamp,value\na,1767225600,abc\n"), (error: unknown) => error instanceof UserError && /in\.csv, line 2, column value: "abc" can't be read/.test(error.message) && error.code !== "SOURCE");
  assert.equal(await score("series,timestamp,value\n"), `${SCORE_HEADER}\n`);
  assert.match(remarks, /no row/);
});
