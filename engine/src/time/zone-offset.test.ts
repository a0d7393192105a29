import assert from "node:assert/strict";
import { test } from "vitest";
import { isZone, zoneOffsetMs } from "./zone-offset.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test("zoneOffsetMs knows summer and winter, half hours and quarters", () => {
  assert.equal(zoneOffsetMs(Date.UTC(2026, 0, 1), "America/New_York"), -5 * HOUR);
  assert.equal(zoneOffsetMs(Date.UTC(2026, 6, 1), "America/New_York"), -4 * HOUR);
  assert.equal(zoneOffsetMs(Date.UTC(2026, 6, 1), "Asia/Kolkata"), 5.5 * HOUR);
  assert.equal(zoneOffsetMs(Date.UTC(2026, 6, 1), "Asia/Kathmandu"), 5 * HOUR + 45 * MINUTE);
  assert.equal(zoneOffsetMs(Date.UTC(2026, 0, 1), "Australia/Lord_Howe"), 11 * HOUR);
  assert.equal(zoneOffsetMs(Date.UTC(2026, 6, 1), "Australia/Lord_Howe"), 10.5 * HOUR);
  assert.equal(zoneOffsetMs(Date.UTC(2026, 6, 1), "UTC"), 0);
});

test("zoneOffsetMs changes at the very millisecond at which clocks do", () => {
  const change = Date.UTC(2026, 2, 29, 1);
  assert.equal(zoneOffsetMs(change - 1, "Europe/Berlin"), HOUR);
  assert.equal(zoneOffsetMs(change, "Europe/Berlin"), 2 * HOUR);
});

test("zoneOffsetMs equals what Intl says, in odd zones and years, whatever was asked before", () => {
  const zones = ["Africa/Casablanca", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "Asia/Pyongyang", "America/Caracas", "Europe/Dublin", "Antarctica/Troll"];
  let state = 1;
  for (let i = 0; i < 4000; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const ms = Date.UTC(1970, 0, 1) + (state / 2 ** 32) * 60 * 365.25 * 24 * HOUR;
    const zone = zones[i % zones.length]!;
    assert.equal(zoneOffsetMs(ms, zone), offsetByName(ms, zone), `${zone} at ${new Date(ms).toISOString()}`);
  }
});

test("zoneOffsetMs is local mean time, with its odd seconds, before clocks were standardised", () => {
  assert.equal(zoneOffsetMs(Date.UTC(1800, 0, 1), "America/New_York"), -(4 * HOUR + 56 * MINUTE + 2000));
});

test("a zone that nobody knows is refused with what would be right", () => {
  assert.throws(() => zoneOffsetMs(0, "Mars/Olympus"), /"Mars\/Olympus" is not a time zone.*Europe\/Berlin/);
  assert.equal(isZone("Mars/Olympus"), false);
  assert.equal(isZone("Asia/Tokyo"), true);
});

test("an instant outside the years 1 to 9999 is refused, NaN too", () => {
  assert.throws(() => zoneOffsetMs(NaN, "UTC"), RangeError);
  assert.throws(() => zoneOffsetMs(1e15, "UTC"), RangeError);
});

/** The slow way: ask Intl for the offset's name each time. */
function offsetByName(ms: number, zone: string): number {
  const name = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(ms).find((part) => part.type === "timeZoneName")!.value;
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name)!;
  if (match[1] === undefined) return 0;
  const size = Number(match[2]) * HOUR + Number(match[3]) * MINUTE + Number(match[4] ?? 0) * 1000;
  return match[1] === "-" ? -size : size;
}
