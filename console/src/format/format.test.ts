import assert from "node:assert/strict";
import { test } from "vitest";
import { formatBytes, formatNumber, formatShare } from "./format-number.ts";
import { formatAgo, formatDuration, formatInstant } from "./format-time.ts";

test("numbers: grouped and whole from a thousand on, three digits below; missing is no zero", () => {
  assert.equal(formatNumber(3151.36), (3151).toLocaleString());
  assert.equal(formatNumber(46.123), (46.1).toLocaleString());
  assert.equal(formatNumber(21), "21");
  assert.equal(formatNumber(0), "0");
  assert.equal(formatNumber(null), "no data");
});

test("shares carry their sign and no more digits than one can use", () => {
  assert.equal(formatShare(-0.2469), "−25 %");
  assert.equal(formatShare(0.0123), "+1.2 %");
  assert.equal(formatShare(null), "");
});

test("bytes in the unit that fits", () => {
  assert.equal(formatBytes(21), "21 B");
  assert.equal(formatBytes(1932), `${(1.93).toLocaleString()} kB`);
  assert.equal(formatBytes(2_000_000_000), "2 GB");
});

test("instants are told in the zone that is asked for", () => {
  assert.equal(formatInstant("2026-03-02T10:00:00Z", "Europe/Berlin"), "2 Mar 2026, 11:00");
  assert.equal(formatInstant("2026-03-02T00:00:00Z", "America/New_York"), "1 Mar 2026, 19:00");
  assert.equal(formatInstant("2026-03-29T01:00:00Z", "Europe/Berlin"), "29 Mar 2026, 03:00"); // the hour after two does not exist
  assert.equal(formatInstant(null), "–");
});

test("durations in the largest unit that says it", () => {
  assert.equal(formatDuration(3600), "1 hour");
  assert.equal(formatDuration(6 * 3600), "6 hours");
  assert.equal(formatDuration(5400), "2 hours");
  assert.equal(formatDuration(300), "5 minutes");
  assert.equal(formatDuration(86_400 * 7), "7 days");
  assert.equal(formatDuration(0), "0 seconds");
});

test("ago, from the moment that is handed in", () => {
  assert.equal(formatAgo("2026-03-02T10:00:00Z", Date.parse("2026-03-02T10:00:20Z")), "just now");
  assert.equal(formatAgo("2026-03-02T10:00:00Z", Date.parse("2026-03-02T16:00:00Z")), "6 hours ago");
});
