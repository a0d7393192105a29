import { expect, test } from "vitest";
import { demoPeriod, FIXED_ANCHOR_MS } from "./demo-period.ts";
import type { IncidentKind } from "./incidents.ts";
import { planWarehouse, rowsOfHour, type WarehousePlan, type WarehouseRow } from "./warehouse-rows.ts";
import { DAY_MS, HOUR_MS, MARKETPLACES, PLATFORMS } from "./warehouse-shape.ts";

const period = demoPeriod(FIXED_ANCHOR_MS);
const plan = planWarehouse(7, period);
/** the same shop on days without incidents or late rows */
const calm: WarehousePlan = { ...plan, incidents: [], late: { loadHours: [], stragglerHours: [] } };

/** views and revenue in cents of [hour), of the rows that `keep` */
function sums(fromMs: number, toMs: number, of: WarehousePlan, keep: (row: WarehouseRow) => boolean = () => true) {
  const sum = { views: 0, cents: 0, rows: 0 };
  for (let hourMs = fromMs; hourMs < toMs; hourMs += HOUR_MS) {
    for (const row of rowsOfHour(hourMs, of, 1)) {
      if (!keep(row)) continue;
      sum.views += row.views;
      sum.cents += row.revenueCents;
      sum.rows += 1;
    }
  }
  return sum;
}

function incident(kind: IncidentKind) {
  const found = plan.incidents.find((candidate) => candidate.kind === kind)!;
  const inside = (row: WarehouseRow) =>
    found.platforms.includes(row.platform - 1) && found.marketplaces.includes(row.marketplace - 1);
  const ratio = (fromMs: number, toMs: number, keep = inside) => {
    const planted = sums(fromMs, toMs, plan, keep);
    const without = sums(fromMs, toMs, calm, keep);
    return { views: planted.views / without.views, cents: planted.cents / without.cents, rows: planted.rows / without.rows };
  };
  return { ...found, inside, ratio };
}

test("every row lies inside its hour, some exactly on its first and last millisecond", () => {
  let first = 0;
  let last = 0;
  for (let hourMs = period.startMs; hourMs < period.startMs + 10 * DAY_MS; hourMs += HOUR_MS) {
    for (const row of rowsOfHour(hourMs, plan, 1)) {
      expect(row.tsMs >= hourMs && row.tsMs < hourMs + HOUR_MS).toBe(true);
      if (row.tsMs === hourMs) first += 1;
      if (row.tsMs === hourMs + HOUR_MS - 1) last += 1;
    }
  }
  expect(first).toBeGreaterThan(50);
  expect(last).toBeGreaterThan(50);
});

test("every hour has every combination, whole views and whole cents, ids without holes", () => {
  for (const hourMs of [period.startMs, period.anchorMs - DAY_MS, period.endMs - HOUR_MS]) {
    const rows = rowsOfHour(hourMs, calm, 1000);
    expect(rows.map(({ id }) => id)).toEqual(rows.map((_, index) => 1000 + index));
    expect(new Set(rows.map(({ platform, marketplace }) => `${platform} ${marketplace}`)).size).toBe(21);
    for (const { views, revenueCents } of rows) {
      expect(Number.isInteger(views) && views >= 0).toBe(true);
      expect(Number.isInteger(revenueCents) && revenueCents >= 0).toBe(true);
    }
  }
});

test("days, weeks and growth are there: evenings over nights, web on weekdays, more a year later", () => {
  const monday = Date.UTC(2026, 0, 5);
  const us = (row: WarehouseRow) => row.marketplace === 1;
  const night = sums(monday + 9 * HOUR_MS, monday + 12 * HOUR_MS, calm, us); // 3:00–6:00 in Chicago
  const evening = sums(monday + 25 * HOUR_MS, monday + 28 * HOUR_MS, calm, us);
  expect(evening.views / night.views).toBeGreaterThan(3);

  const web = (row: WarehouseRow) => row.platform === 1;
  const tuesday = sums(monday + DAY_MS, monday + 2 * DAY_MS, calm, web);
  const saturday = sums(monday + 5 * DAY_MS, monday + 6 * DAY_MS, calm, web);
  expect(saturday.views / tuesday.views).toBeLessThan(0.9);

  const week = sums(monday, monday + 7 * DAY_MS, calm);
  const aYearOn = sums(monday + 364 * DAY_MS, monday + 371 * DAY_MS, calm);
  expect(aYearOn.views / week.views).toBeGreaterThan(1.08);
  expect(aYearOn.views / week.views).toBeLessThan(1.25);
});

test("a spike is 1.8 times in both measures, a revenue spike in revenue alone", () => {
  const spike = incident("spike");
  const ratio = spike.ratio(spike.startMs, spike.endMs);
  expect(ratio.views).toBeCloseTo(1.8, 1);
  expect(ratio.cents).toBeCloseTo(1.8, 1);

  const price = incident("revenue spike");
  const { views, cents } = price.ratio(price.startMs, price.endMs);
  expect(views).toBe(1);
  expect(cents).toBeCloseTo(1.8, 1);
});

test("a platform at zero still sends its rows; a marketplace that stops reporting sends none", () => {
  const zero = incident("platform to zero");
  expect(zero.ratio(zero.startMs, zero.endMs)).toMatchObject({ views: 0, cents: 0, rows: 1 });
  const stopped = incident("stops reporting");
  expect(stopped.ratio(stopped.startMs, stopped.endMs)).toMatchObject({ views: 0, cents: 0, rows: 0 });
});

test("a level shift is −25 % from its first hour to its last, and nothing before and after", () => {
  const shift = incident("level shift");
  for (const hourMs of [shift.startMs, shift.endMs - HOUR_MS]) {
    expect(shift.ratio(hourMs, hourMs + HOUR_MS).views).toBeCloseTo(0.75, 1);
  }
  expect(shift.ratio(shift.startMs - HOUR_MS, shift.startMs).views).toBe(1);
  expect(shift.ratio(shift.endMs, shift.endMs + HOUR_MS).views).toBe(1);
});

test("a decay reaches −40 % after 24 hours and stays there", () => {
  const decay = incident("slow decay");
  const after = (hours: number) => decay.ratio(decay.startMs + hours * HOUR_MS, decay.startMs + (hours + 1) * HOUR_MS).views;
  expect(after(0)).toBeCloseTo(0.983, 1);
  expect(after(11)).toBeCloseTo(0.8, 1);
  expect(after(23)).toBeCloseTo(0.6, 1);
  expect(after(34)).toBeCloseTo(0.6, 1);
});

test("a mix shift moves 40 % of one platform to another under a flat total", () => {
  const mix = incident("mix shift");
  const of = (platform: number) => mix.ratio(mix.startMs, mix.endMs, (row) => row.platform === platform + 1).views;
  expect(of(0)).toBeCloseTo(0.6, 1);
  expect(of(1)).toBe(1);
  expect(of(2)).toBeGreaterThan(1.2);
  // Flat but for the counting noise of single rows, which is under one in a thousand here.
  expect(mix.ratio(mix.startMs, mix.endMs, () => true).views).toBeCloseTo(1, 2);
});

test("late rows are small after the offset: only a late load leaves an interval short when it is read", () => {
  const OFFSET_MS = 300_000;
  const missingShare = (hourMs: number) => {
    const rows = rowsOfHour(hourMs, plan, 1);
    const isLate = ({ arrivesMs }: WarehouseRow) => arrivesMs !== null && arrivesMs > hourMs + HOUR_MS + OFFSET_MS;
    const sum = (of: WarehouseRow[]) => of.reduce((views, row) => views + row.views, 0);
    return sum(rows.filter(isLate)) / sum(rows);
  };
  const hours = Array.from({ length: 14 * 24 }, (_, hour) => period.replayFromMs + hour * HOUR_MS);
  const usual = hours.filter((hourMs) => !plan.late.loadHours.includes(hourMs));
  expect(Math.max(...usual.map(missingShare))).toBeLessThan(0.02);
  expect(Math.min(...plan.late.loadHours.map(missingShare))).toBeGreaterThan(0.5);

  const late = (fromMs: number, toMs: number) => sums(fromMs, toMs, plan, (row) => row.arrivesMs !== null).rows;
  expect(late(period.replayFromMs, period.anchorMs)).toBeGreaterThan(500);
  expect(late(period.startMs, period.startMs + 20 * DAY_MS)).toBe(0);
  expect(late(period.anchorMs, period.anchorMs + 20 * DAY_MS)).toBe(0);
});

test("an hour can be made alone, twice, and on any machine", () => {
  expect(rowsOfHour(period.startMs + 1000 * HOUR_MS, plan, 1)).toEqual(rowsOfHour(period.startMs + 1000 * HOUR_MS, plan, 1));
  expect(rowsOfHour(Date.UTC(2026, 4, 20, 10), plan, 1).slice(0, 4)).toMatchInlineSnapshot(`
    [
      {
        "arrivesMs": null,
        "id": 1,
        "marketplace": 1,
        "platform": 1,
        "revenueCents": 12024,
        "tsMs": 1779271269004,
        "views": 370,
      },
      {
        "arrivesMs": null,
        "id": 2,
        "marketplace": 1,
        "platform": 1,
        "revenueCents": 12568,
        "tsMs": 1779273338489,
        "views": 371,
      },
      {
        "arrivesMs": null,
        "id": 3,
        "marketplace": 1,
        "platform": 1,
        "revenueCents": 12666,
        "tsMs": 1779274384159,
        "views": 398,
      },
      {
        "arrivesMs": null,
        "id": 4,
        "marketplace": 1,
        "platform": 2,
        "revenueCents": 6000,
        "tsMs": 1779271792166,
        "views": 180,
      },
    ]
  `);
  expect(MARKETPLACES.length * PLATFORMS.length).toBe(21);
});
