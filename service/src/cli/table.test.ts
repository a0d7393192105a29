import assert from "node:assert/strict";
import { test } from "vitest";
import { bytesText, facts, numberText, table } from "./table.ts";
import { durationText, timeText } from "./time-text.ts";

test("columns are aligned: texts left, numbers right, nothing is –", () => {
  const text = table(
    [
      ["NAME", "SEVERITY", "REMARK"],
      ["orders", 87, "late"],
      ["a-long-name", 5, null],
      ["x", null, ""],
    ],
    { columns: null },
  );
  assert.equal(text, ["NAME         SEVERITY  REMARK", "orders             87  late", "a-long-name         5  –", "x                   –  –", ""].join("\n"));
});

test("a value from a database can't take the table over: line breaks and escapes are dots", () => {
  assert.equal(table([["A"], ["x\ny\u001b[31mred"]], { columns: null }), "A\nx·y·[31mred\n");
});

test("wide characters count as two, so that the next column stays in line", () => {
  const lines = table([["NAME", "N"], ["東京", "a"], ["🎉", "b"], ["ab", "c"]], { columns: null }).split("\n");
  assert.deepEqual(lines, ["NAME  N", "東京  a", "🎉    b", "ab    c", ""]);
});

test("on a terminal a line is cut to its width, elsewhere never", () => {
  const rows = [["A", "B"], ["x".repeat(30), "y".repeat(30)]];
  assert.ok(table(rows, { columns: 20 }).split("\n").every((line) => line.length <= 20));
  assert.ok(table(rows, { columns: null }).includes("y".repeat(30)));
  assert.equal(table([], { columns: 20 }), "");
});

test("numbers have the decimals that are of use", () => {
  const shown = [0, 12, 12345, 1234.5678, 0.012345, 1e-9, 2_500_000.7, -3.14159, NaN].map(numberText);
  assert.deepEqual(shown, ["0", "12", "12,345", "1,234.6", "0.01235", "0.000000001", "2,500,001", "-3.142", "–"]);
});

test("bytes have the unit that says most", () => {
  assert.deepEqual([0, 512, 999, 1000, 129_600, 2_400_000_000, 5e15].map(bytesText), ["0 B", "512 B", "999 B", "1 kB", "130 kB", "2.4 GB", "5000 TB"]);
});

test("facts stand in one column", () => {
  assert.equal(facts([["name", "orders"], ["rows per interval", 5], ["note", null]]), "name               orders\nrows per interval  5\nnote               –\n");
});

test("times are those of the reader's zone, also in the night in which clocks change", () => {
  assert.equal(timeText("2026-03-29T00:30:00Z", "Europe/Berlin"), "2026-03-29 01:30");
  assert.equal(timeText("2026-03-29T01:30:00Z", "Europe/Berlin"), "2026-03-29 03:30");
  assert.equal(timeText(Date.UTC(2026, 0, 1), "UTC"), "2026-01-01 00:00");
  assert.equal(timeText(null, "UTC"), null);
});

test("durations have the unit that says most", () => {
  assert.deepEqual([0, 45, 300, 5_400, 86_400, 200_000].map(durationText), ["0 s", "45 s", "5 min", "1.5 h", "24 h", "2.3 d"]);
});
