import assert from "node:assert/strict";
import { test } from "vitest";
import { UserError } from "../telemetry/errors.ts";
import { compileTimestampFormat } from "./compile-timestamp-format.ts";

const read = (format: string, text: string, zone = "UTC"): number => compileTimestampFormat(format, zone)(text);

test("the documented patterns of Lookout for Metrics", () => {
  assert.equal(read("yyyy-MM-dd", "2026-03-01"), Date.UTC(2026, 2, 1));
  assert.equal(read("yyyy-MM-dd HH:mm:ss", "2026-03-01 13:20:30"), Date.UTC(2026, 2, 1, 13, 20, 30));
  assert.equal(read("yyyy-MM-dd hh:mm:ss a", "2026-03-01 01:20:30 PM"), Date.UTC(2026, 2, 1, 13, 20, 30));
  assert.equal(read("yyyy-MM-DD", "2026-03-01"), Date.UTC(2026, 2, 1));
});

test("noon and midnight on a clock of twelve hours", () => {
  assert.equal(read("yyyy-MM-dd hh:mm a", "2026-03-01 12:00 am"), Date.UTC(2026, 2, 1));
  assert.equal(read("yyyy-MM-dd hh:mm a", "2026-03-01 12:00 PM"), Date.UTC(2026, 2, 1, 12));
});

test("beyond the documented: fractions, zones, names of months, texts in quotes, one digit", () => {
  assert.equal(read("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-03-01T10:00:00.2500+02:00"), Date.UTC(2026, 2, 1, 8, 0, 0, 250));
  assert.equal(read("dd MMM yy, H 'o''clock'", "1 Mar 26, 9 o'clock".replace("1 ", "01 ")), Date.UTC(2026, 2, 1, 9));
  assert.equal(read("d. MMMM yyyy", "1. March 2026"), Date.UTC(2026, 2, 1));
  assert.equal(read("yyyyMMddHHmm", "202603011020"), Date.UTC(2026, 2, 1, 10, 20));
  assert.equal(read("M/d/yyyy Z", "3/1/2026 -0500"), Date.UTC(2026, 2, 1, 5));
});

test("a time without zone is read in the dataset's zone, the second of two when clocks go back", () => {
  assert.equal(read("yyyy-MM-dd HH:mm", "2026-07-01 12:00", "America/New_York"), Date.UTC(2026, 6, 1, 16));
  assert.equal(read("yyyy-MM-dd HH:mm", "2026-10-25 02:30", "Europe/Berlin"), Date.UTC(2026, 9, 25, 1, 30));
});

test("UNIX is seconds, and milliseconds above 94694400000", () => {
  assert.equal(read("UNIX", "1772359200"), 1_772_359_200_000);
  assert.equal(read("UNIX", "1772359200.5"), 1_772_359_200_500);
  assert.equal(read("UNIX", "1772359200123"), 1_772_359_200_123);
  assert.equal(read("UNIX", "94694400000"), 94_694_400_000_000);
  assert.ok(Number.isNaN(read("UNIX", "yesterday")));
});

test("a text that doesn't match, or names no date, is NaN", () => {
  for (const text of ["2026-03-01 10:00", "2026-02-30 10:00:00", "2026-03-01 24:00:00", "2026-03-01 10:60:00", " 2026-03-01 10:00:00", "2026-03-01 10:00:00.5", ""]) {
    assert.ok(Number.isNaN(read("yyyy-MM-dd HH:mm:ss", text)), text);
  }
});

test("a pattern that can't be read is refused with its place and what would be right", () => {
  const refused = (format: string): UserError => {
    try {
      compileTimestampFormat(format, "UTC");
    } catch (error) {
      assert.ok(error instanceof UserError);
      return error;
    }
    return assert.fail(format);
  };
  assert.match(refused("yyyy-MM-ddTHH:mm").advice ?? "", /yyyy-MM-dd'T'HH:mm:ss/);
  assert.equal(refused("yyyy-MM-dd QQ").where, "character 12");
  assert.match(refused("yyyy-MM-dd 'T").message, /never closed/);
  assert.match(refused("HH:mm").message, /no year/);
  assert.match(refused("yyyy-MM-dd hh:mm").message, /needs a/);
  assert.match(refused("yyyy-MM-MM").message, /a second time/);
});
