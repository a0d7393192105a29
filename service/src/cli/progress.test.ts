import assert from "node:assert/strict";
import { test } from "vitest";
import type { Output } from "./io.ts";
import { progress } from "./progress.ts";

function recorder({ isTTY, columns = null }: { isTTY: boolean; columns?: number | null }): Output & { text: string } {
  return {
    text: "",
    isTTY,
    columns,
    write(text) {
      this.text += text;
    },
  };
}

test("outside a terminal a step is one plain line without control characters", () => {
  const stderr = recorder({ isTTY: false });
  let nowMs = 0;
  const step = progress({ stderr }, () => nowMs).step("crawl history", 100);
  for (let i = 1; i <= 100; i++) step.update(i, `${i} rows`);
  nowMs = 1234;
  step.end("100 rows");
  assert.equal(stderr.text, "crawl history  100 rows  (1.2 s)\n");
});

test("outside a terminal a step that takes long says how far it is every ten seconds", () => {
  const stderr = recorder({ isTTY: false });
  let nowMs = 0;
  const step = progress({ stderr }, () => nowMs).step("learn", 50);
  for (nowMs = 0; nowMs <= 25_000; nowMs += 500) step.update(nowMs / 1000, "series");
  step.end("done");
  assert.deepEqual(stderr.text.split("\n"), ["… learn  20 %  series", "… learn  40 %  series", "learn  done  (25.5 s)", ""]);
});

test("on a terminal the line is drawn over, at most every 80 ms, and the last one stays", () => {
  const stderr = recorder({ isTTY: true, columns: 200 });
  let nowMs = 0;
  const step = progress({ stderr }, () => nowMs).step("replay", 336);
  step.update(84, "2 groups");
  nowMs = 79;
  step.update(85, "too soon");
  nowMs = 80;
  step.update(168, "3 groups");
  step.end("336 intervals");
  const lines = stderr.text.split("\r\u001b[2K");
  assert.deepEqual(lines.slice(1), [
    "· replay",
    `· replay  ${"█".repeat(6)}${"░".repeat(18)} 25 %  2 groups`,
    `· replay  ${"█".repeat(12)}${"░".repeat(12)} 50 %  3 groups`,
    "✔ replay  336 intervals  (0.1 s)\n",
  ]);
});

test("a line longer than the terminal is clipped, so that redrawing leaves nothing behind", () => {
  const stderr = recorder({ isTTY: true, columns: 20 });
  progress({ stderr }, () => 0).step("x".repeat(50));
  assert.ok(stderr.text.split("\r\u001b[2K").every((line) => line.length < 20));
});

test("nothing is written after the end, a count over the total stays 100 %, no total means no bar", () => {
  const stderr = recorder({ isTTY: true, columns: 200 });
  let nowMs = 0;
  const one = progress({ stderr }, () => nowMs).step("a", 10);
  one.update(25);
  assert.ok(stderr.text.endsWith(`${"█".repeat(24)} 100 %`));
  one.end("ok");
  const length = stderr.text.length;
  nowMs = 1000;
  one.update(5);
  one.end("again");
  one.fail();
  assert.equal(stderr.text.length, length);

  progress({ stderr }, () => nowMs).step("b").update(5, "5 rows");
  assert.ok(stderr.text.endsWith("· b  5 rows"));
});
