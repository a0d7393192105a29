import assert from "node:assert/strict";
import { test } from "vitest";
import { intervalStartAt, intervalStartBefore, intervalStarts, nextIntervalStart, positionOf, previousIntervalStart } from "./calendar.ts";
import { toLocalMs } from "./local-time.ts";
import { FREQUENCIES, rhythmOf } from "./rhythm.ts";

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(text);
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16) + "Z";

test("an interval holds its start and not its end", () => {
  assert.equal(iso(intervalStartAt(at("2026-03-01T10:00Z"), "PT1H", "UTC")), "2026-03-01T10:00Z");
  assert.equal(iso(intervalStartAt(at("2026-03-01T10:59:59.999Z"), "PT1H", "UTC")), "2026-03-01T10:00Z");
  assert.equal(iso(intervalStartAt(at("2026-03-01T11:00Z"), "PT1H", "UTC")), "2026-03-01T11:00Z");
  assert.equal(iso(intervalStartAt(at("2026-03-01T10:07Z"), "PT5M", "UTC")), "2026-03-01T10:05Z");
  assert.equal(iso(intervalStartAt(at("2026-03-01T10:17Z"), "PT10M", "UTC")), "2026-03-01T10:10Z");
});

test("instants before 1970 have intervals too", () => {
  assert.equal(iso(intervalStartAt(at("1969-12-31T23:59:59Z"), "PT1H", "UTC")), "1969-12-31T23:00Z");
  assert.equal(iso(intervalStartAt(at("1960-02-29T13:00Z"), "P1D", "UTC")), "1960-02-29T00:00Z");
});

test("hours of zones with odd offsets begin on their own clocks' full hours", () => {
  assert.equal(iso(intervalStartAt(at("2026-03-01T10:10Z"), "PT1H", "Asia/Kolkata")), "2026-03-01T09:30Z");
  assert.equal(iso(intervalStartAt(at("2026-03-01T10:10Z"), "PT1H", "Asia/Kathmandu")), "2026-03-01T09:15Z");
  assert.equal(iso(intervalStartAt(at("2026-07-01T10:10Z"), "PT1H", "Pacific/Chatham")), "2026-07-01T09:15Z");
});

test("a day runs from local midnight to local midnight: 23, 24 or 25 hours", () => {
  const hours = (text: string, zone: string) => {
    const start = intervalStartAt(at(text), "P1D", zone);
    return (nextIntervalStart(start, "P1D", zone) - start) / HOUR;
  };
  assert.equal(hours("2026-03-29T12:00Z", "Europe/Berlin"), 23);
  assert.equal(hours("2026-10-25T12:00Z", "Europe/Berlin"), 25);
  assert.equal(hours("2026-02-28T12:00Z", "Europe/Berlin"), 24);
  assert.equal(hours("2026-10-03T20:00Z", "Australia/Lord_Howe"), 23.5);
  assert.equal(hours("2026-04-04T20:00Z", "Australia/Lord_Howe"), 24.5);
  assert.equal(iso(intervalStartAt(at("2026-07-01T03:59Z"), "P1D", "America/New_York")), "2026-06-30T04:00Z");
});

test("a DST day has 23 or 25 full hours, all of 60 minutes", () => {
  const hoursOf = (from: string, to: string) => intervalStarts(at(from), at(to), "PT1H", "Europe/Berlin");
  assert.equal(hoursOf("2026-03-28T23:00Z", "2026-03-29T22:00Z").length, 23);
  assert.equal(hoursOf("2026-10-24T22:00Z", "2026-10-25T23:00Z").length, 25);
});

test("a day whose midnight is skipped begins with its first instant", () => {
  // Cairo: 2026-04-24 00:00 → 01:00.
  const start = intervalStartAt(at("2026-04-24T10:00Z"), "P1D", "Africa/Cairo");
  assert.equal(iso(start), "2026-04-23T22:00Z");
  assert.equal(new Date(toLocalMs(start, "Africa/Cairo")).toISOString(), "2026-04-24T01:00:00.000Z");
});

test("a day with two midnights begins with the first", () => {
  // Havana: 2026-11-01 01:00 → 00:00.
  assert.equal(iso(intervalStartAt(at("2026-11-01T05:30Z"), "P1D", "America/Havana")), "2026-11-01T04:00Z");
  assert.equal(iso(nextIntervalStart(at("2026-11-01T04:00Z"), "P1D", "America/Havana")), "2026-11-02T05:00Z");
});

test("an hour that clocks give back to the day before stays in the day that has begun", () => {
  // St. John's until 2011: 00:01 → 23:01 of the day before.
  const before = intervalStartAt(at("2010-11-07T02:30:30Z"), "P1D", "America/St_Johns");
  const during = intervalStartAt(at("2010-11-07T03:00Z"), "P1D", "America/St_Johns");
  assert.equal(iso(before), "2010-11-07T02:30Z");
  assert.equal(during, before);
});

test("a day that a zone skipped has no interval", () => {
  const starts = intervalStarts(at("2011-12-29T00:00Z"), at("2012-01-01T00:00Z"), "P1D", "Pacific/Apia");
  assert.deepEqual([...starts].map(iso), ["2011-12-29T10:00Z", "2011-12-30T10:00Z", "2011-12-31T10:00Z"]);
  assert.equal(iso(previousIntervalStart(at("2011-12-30T10:00Z"), "P1D", "Pacific/Apia")), "2011-12-29T10:00Z");
});

test("Lord Howe's hours keep their length through its half-hour of summer time, and so begin at half past in summer", () => {
  const starts = intervalStarts(at("2026-10-03T12:00Z"), at("2026-10-03T19:00Z"), "PT1H", "Australia/Lord_Howe");
  assert.deepEqual([...starts].map(iso), ["12:30", "13:30", "14:30", "15:30", "16:30", "17:30", "18:30"].map((t) => `2026-10-03T${t}Z`));
});

test("a standard offset that moves by half an hour moves the grid at the next New Year", () => {
  // Caracas: −04:30 → −04:00 on 2016-05-01.
  const starts = intervalStarts(at("2016-12-31T22:00Z"), at("2017-01-01T02:30Z"), "PT1H", "America/Caracas");
  assert.deepEqual([...starts].map((ms) => iso(ms).slice(11)), ["22:30Z", "23:30Z", "00:00Z", "01:00Z", "02:00Z"]);
  assert.equal(iso(intervalStartAt(at("2016-12-31T23:59Z"), "PT1H", "America/Caracas")), "2016-12-31T23:30Z");
});

test("where the grid moves back, the first interval of the year is the short one", () => {
  // Pyongyang: +09:00 → +08:30 on 2015-08-15.
  const starts = intervalStarts(at("2015-12-31T22:00Z"), at("2016-01-01T02:00Z"), "PT1H", "Asia/Pyongyang");
  assert.deepEqual([...starts].map((ms) => iso(ms).slice(11)), ["22:00Z", "23:00Z", "00:00Z", "00:30Z", "01:30Z"]);
  const shown = (text: string): string => iso(intervalStartAt(at(text), "PT1H", "Asia/Pyongyang"));
  assert.deepEqual([shown("2015-12-31T23:59Z"), shown("2016-01-01T00:00Z"), shown("2016-01-01T00:29Z"), shown("2016-01-01T00:30Z")], ["2015-12-31T23:00Z", "2016-01-01T00:00Z", "2016-01-01T00:00Z", "2016-01-01T00:30Z"]);
  assert.equal(iso(previousIntervalStart(at("2016-01-01T00:30Z"), "PT1H", "Asia/Pyongyang")), "2016-01-01T00:00Z");
});

test("answers do not depend on what was asked before: other zones, frequencies and years in between", () => {
  const questions = ["UTC", "Asia/Pyongyang", "America/Caracas", "Australia/Lord_Howe", "Asia/Kathmandu"].flatMap((zone) =>
    (["PT10M", "PT1H", "P1D"] as const).flatMap((frequency) => ["2014-12-31T23:40Z", "2015-12-31T23:59Z", "2016-01-01T00:00Z", "2016-07-01T12:34Z", "2017-01-01T00:10Z"].map((text) => ({ zone, frequency, ms: at(text) }))),
  );
  const answers = questions.map(({ zone, frequency, ms }) => intervalStartAt(ms, frequency, zone));
  const backwards = [...questions].reverse().map(({ zone, frequency, ms }) => intervalStartAt(ms, frequency, zone));
  assert.deepEqual(backwards.reverse(), answers);
  const shuffled = questions.map((_, i) => (i * 31) % questions.length).map((i) => ({ i, start: intervalStartAt(questions[i]!.ms, questions[i]!.frequency, questions[i]!.zone) }));
  for (const { i, start } of shuffled) assert.equal(start, answers[i]);
});

test("intervals cover two years without gap or overlap, in every zone and frequency", () => {
  const zones = ["UTC", "Europe/London", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo", "America/Havana", "Asia/Beirut", "Pacific/Apia", "Africa/Casablanca"];
  for (const zone of zones) {
    for (const frequency of FREQUENCIES) {
      const length = rhythmOf(frequency).intervalSeconds * 1000;
      const from = frequency === "P1D" ? Date.UTC(2010, 0, 1) : Date.UTC(2026, 2, 1);
      const to = frequency === "P1D" ? Date.UTC(2013, 0, 1) : Date.UTC(2026, 10, 15);
      const starts = intervalStarts(from, to, frequency, zone);
      for (let i = 0; i + 1 < starts.length; i++) {
        const [start, next] = [starts[i]!, starts[i + 1]!];
        const where = `${zone} ${frequency} ${iso(start)}`;
        assert.ok(next > start, where);
        if (frequency !== "P1D") assert.equal(next - start, length, where);
        assert.equal(intervalStartAt(start, frequency, zone), start, where);
        assert.equal(intervalStartAt(next - 1, frequency, zone), start, where);
        assert.equal(previousIntervalStart(next, frequency, zone), start, where);
      }
    }
  }
});

test("intervalStarts leaves out an interval that began before", () => {
  assert.deepEqual([...intervalStarts(at("2026-03-01T10:01Z"), at("2026-03-01T12:00Z"), "PT1H", "UTC")].map(iso), ["2026-03-01T11:00Z"]);
  assert.equal(intervalStarts(at("2026-03-01T10:01Z"), at("2026-03-01T10:30Z"), "PT1H", "UTC").length, 0);
});

test("intervalStartBefore counts intervals, not hours", () => {
  assert.equal(iso(intervalStartBefore(at("2026-03-30T22:00Z"), 2, "P1D", "Europe/Berlin")), "2026-03-28T23:00Z");
});

test("positionOf is the local hour of day and of week, Monday midnight being 0", () => {
  assert.deepEqual(positionOf(at("2026-03-02T00:00Z"), "PT1H", "UTC"), { inDay: 0, hourOfWeek: 0 });
  assert.deepEqual(positionOf(at("2026-03-08T23:00Z"), "PT1H", "UTC"), { inDay: 23, hourOfWeek: 167 });
  assert.deepEqual(positionOf(at("2026-07-01T12:00Z"), "PT1H", "America/New_York"), { inDay: 8, hourOfWeek: 56 });
  assert.deepEqual(positionOf(at("2026-03-02T13:35Z"), "PT5M", "UTC"), { inDay: 163, hourOfWeek: 13 });
  assert.deepEqual(positionOf(at("2026-03-02T13:30Z"), "PT10M", "UTC"), { inDay: 81, hourOfWeek: 13 });
  assert.deepEqual(positionOf(at("1969-12-29T01:00Z"), "PT1H", "UTC"), { inDay: 1, hourOfWeek: 1 });
});

test("positionOf gives both hours of an autumn night the same position", () => {
  assert.deepEqual(positionOf(at("2026-10-25T00:00Z"), "PT1H", "Europe/Berlin"), positionOf(at("2026-10-25T01:00Z"), "PT1H", "Europe/Berlin"));
});

test("positionOf is the day of the week for P1D, also where midnight is skipped", () => {
  assert.deepEqual(positionOf(at("2026-03-02T00:00Z"), "P1D", "UTC"), { inDay: 0, hourOfWeek: 0 });
  assert.deepEqual(positionOf(at("2026-04-23T22:00Z"), "P1D", "Africa/Cairo"), { inDay: 4, hourOfWeek: 0 });
});

test("a million intervals are found in well under a second", () => {
  const begin = performance.now();
  let sum = 0;
  for (let i = 0; i < 1_000_000; i++) sum += intervalStartAt(1_770_000_000_000 + i * 61_000, "PT1H", "America/New_York");
  assert.ok(sum > 0);
  // Measured 0.02 s; the bound leaves room for a busy machine and would still notice Intl in the loop (2 s).
  assert.ok(performance.now() - begin < 1000, `${performance.now() - begin} ms`);
});
