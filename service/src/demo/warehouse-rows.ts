/**
 * The events of the demo's shop, hour by hour, as text lines for COPY. A pure function of seed and period: the same
 * rows on every machine, and any hour can be made alone.
 */
import { bell, uniform } from "./hash-noise.ts";
import type { DemoPeriod } from "./demo-period.ts";
import { planIncidents, type Incident } from "./incidents.ts";
import { arrivalOf, planLateRows, STRAGGLER_SIZE, stragglerArrivalOf, type LatePlan } from "./late-rows.ts";
import { trafficOf } from "./traffic.ts";
import { HOUR_MS, PLATFORMS, ROWS_PER_HOUR } from "./warehouse-shape.ts";

export interface WarehousePlan {
  readonly seed: number;
  readonly period: DemoPeriod;
  readonly incidents: readonly Incident[];
  readonly late: LatePlan;
}

export function planWarehouse(seed: number, period: DemoPeriod): WarehousePlan {
  const incidents = planIncidents(seed, period);
  return { seed, period, incidents, late: planLateRows(seed, period, incidents) };
}

export interface WarehouseRow {
  /** from 1, in order of generation */
  readonly id: number;
  /** epoch ms */
  readonly tsMs: number;
  /** ids of the two small tables, from 1 */
  readonly platform: number;
  readonly marketplace: number;
  readonly views: number;
  readonly revenueCents: number;
  /** epoch ms when the row reaches the warehouse; null: with its hour */
  readonly arrivesMs: number | null;
}

const STREAM = 71;
const SLOT_MS = HOUR_MS / ROWS_PER_HOUR;
/** of the first and last rows of an hour that sit exactly on its edges, where careless windows lose them */
const EDGE_SHARE = 0.04;

/** All rows of an hour; `firstId` is the id of the first one. */
export function rowsOfHour(hourMs: number, plan: WarehousePlan, firstId: number): WarehouseRow[] {
  const { seed, period, late } = plan;
  const { views, price, absent } = trafficOf(hourMs, plan);
  const replayed = hourMs >= period.replayFromMs && hourMs < period.anchorMs;
  const hour = hourMs / HOUR_MS;
  const rows: WarehouseRow[] = [];

  for (let combination = 0; combination < views.length; combination++) {
    if (absent[combination] === 1) continue;
    const platform = (combination % PLATFORMS.length) + 1;
    const marketplace = Math.floor(combination / PLATFORMS.length) + 1;
    const mean = views[combination] / ROWS_PER_HOUR;
    for (let row = 0; row < ROWS_PER_HOUR; row++) {
      const draw = combination * 8 + row;
      // Counts scatter by the square root of their mean.
      const counted = Math.max(0, Math.round(mean + Math.sqrt(mean) * bell(seed, STREAM, hour, draw)));
      rows.push({
        id: firstId + rows.length,
        tsMs: hourMs + offsetInHour(uniform(seed, STREAM + 1, hour, draw), uniform(seed, STREAM + 2, hour, draw), row),
        platform,
        marketplace,
        views: counted,
        revenueCents: revenueCents(counted, price[combination], bell(seed, STREAM + 3, hour, draw)),
        arrivesMs: replayed ? arrivalOf(late, { seed, hourMs, combination, row }) : null,
      });
    }
    const stragglerMs = replayed ? stragglerArrivalOf(late, { seed, hourMs, combination }) : null;
    if (stragglerMs !== null) {
      const counted = Math.round(views[combination] * STRAGGLER_SIZE);
      rows.push({
        id: firstId + rows.length,
        tsMs: hourMs + Math.floor(uniform(seed, STREAM + 4, hour, combination) * HOUR_MS),
        platform,
        marketplace,
        views: counted,
        revenueCents: revenueCents(counted, price[combination], 0),
        arrivesMs: stragglerMs,
      });
    }
  }
  return rows;
}

/** ms after the hour's start: somewhere in the row's slot, a few exactly on the first or last millisecond. */
function offsetInHour(where: number, edge: number, row: number): number {
  if (edge < EDGE_SHARE && row === 0) return 0;
  if (edge < EDGE_SHARE && row === ROWS_PER_HOUR - 1) return HOUR_MS - 1;
  return Math.floor((row + where) * SLOT_MS);
}

/** What the views of one row earned: price × views, with the scatter of baskets. */
function revenueCents(views: number, price: number, draw: number): number {
  return Math.max(0, Math.round(100 * views * price * (1 + REVENUE_SCATTER * draw)));
}
const REVENUE_SCATTER = 0.03;
