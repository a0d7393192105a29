import { strictEqual } from "node:assert/strict";
import { test } from "vitest";
import { formatBytes, formatNumber, formatShare } from "./format-number.ts";
import { formatAgo, formatDuration, formatInstant } from "./format-time.ts";

test("numbers: grouped and whole from a thousand on, three digits below; missing is no zero", () => {
  strictEqual(formatNumber(3151.36), (3151).toLocaleString());
  strictEqual(formatNumber(46.123), (46.1).toLocaleString());
  strictEqual(formatNumber(21), "21");
  strictEqual(formatNumber(0), "0");
  strictEqual(formatNumber(null), "no data");
});

test("shares carry their sign and no more digits than one can use", () => {
  strictEqual(formatShare(-0.2469), "−25 %");
  strictEqual(formatShare(0.0123), "+1.2 %");
  strictEqual(formatShare(null), "");
});

test("bytes in the unit that fits", () => {
  strictEqual(formatBytes(21), "21 B");
  strictEqual(formatBytes(1932), `${(1.93).toLocaleString()} kB`);
  strictEqual(formatBytes(2_000_000_000), "2 GB");
});

test("instants are told in the zone that is asked for", () => {
  strictEqual(formatInstant("2026-03-02T10:00:00Z", "Europe/Berlin"), "2 Mar 2026, 11:00");
  strictEqual(formatInstant("2026-03-02T00:00:00Z", "America/New_York"), "1 Mar 2026, 19:00");
  strictEqual(formatInstant("2026-03-29T01:00:00Z", "Europe/Berlin"), "29 Mar 2026, 03:00"); // the hour after two does not exist
  strictEqual(formatInstant(null), "–");
});

test("durations in the largest unit that says it", () => {
  strictEqual(formatDuration(3600), "1 hour");
  strictEqual(formatDuration(6 * 3600), "6 hours");
  strictEqual(formatDuration(5400), "2 hours");
  strictEqual(formatDuration(300), "5 minutes");
  strictEqual(formatDuration(86_400 * 7), "7 days");
  strictEqual(formatDuration(0), "0 seconds");
});

test("ago, from the moment that is handed in", () => {
  strictEqual(formatAgo("2026-03-02T10:00:00Z", Date.parse("2026-03-02T10:00:20Z")), "just now");
  strictEqual(formatAgo("2026-03-02T10:00:00Z", Date.parse("2026-03-02T16:00:00Z")), "6 hours ago");
});
