import { HELD_BACK_REASONS, KINDS, STATUSES } from "@foretop/engine";
import type { z } from "zod";
import type { Detector } from "../resources/detector.ts";
import type { SeriesPoints } from "../store/store.ts";
import { figureOf, instantText } from "./shapes/common.ts";
import type { pointColumns, pointStatus } from "./shapes/series.ts";

type Columns = { [Name in keyof typeof pointColumns]: z.input<(typeof pointColumns)[Name]> };

const NOTHING = KINDS.indexOf("none");

/**
 * A series' points put onto a shared axis of interval starts; intervals of the axis that the series lacks are missing.
 *
 * @param starts      ascending, epoch ms
 * @param liveFromMs  where history ended
 */
export function describePoints(points: SeriesPoints, starts: readonly number[], { liveFromMs }: Pick<Detector, "liveFromMs">): Columns {
  const rowOf = new Map(Array.from(points.startMs, (ms, row) => [ms, row]));
  const rows = starts.map((ms) => rowOf.get(ms));
  const column = (values: Float64Array) => rows.map((row) => (row === undefined ? null : figureOf(values[row])));
  return {
    value: column(points.value),
    expected: column(points.expected),
    lower: column(points.lower),
    upper: column(points.upper),
    severity: column(points.severity),
    status: rows.map((row) => (row === undefined ? "missing" : statusOf(points, row, liveFromMs))),
    findings: rows.flatMap((row, index) => {
      if (row === undefined || points.kind[row] === NOTHING) return [];
      const heldBack = HELD_BACK_REASONS[points.heldBack[row]]!;
      return [{ index, kind: KINDS[points.kind[row]]!, severity: figureOf(points.severity[row]), heldBack: heldBack === "" ? null : heldBack }];
    }),
  };
}

/** The interval starts of several series, ascending, each once. */
export function sharedStarts(all: readonly SeriesPoints[]): number[] {
  const starts = new Set<number>();
  for (const { startMs } of all) for (const ms of startMs) starts.add(ms);
  return [...starts].sort((a, b) => a - b);
}

export function startTexts(starts: readonly number[]): string[] {
  return starts.map(instantText);
}

function statusOf(points: SeriesPoints, row: number, liveFromMs: number | null): z.input<typeof pointStatus> {
  if (Number.isNaN(points.value[row])) return "missing";
  // Points that history brought have no judgement at all: they were learned from.
  if (Number.isNaN(points.expected[row]) && (liveFromMs === null || points.startMs[row]! < liveFromMs)) return "history";
  return STATUSES[points.status[row]] ?? "judged";
}
