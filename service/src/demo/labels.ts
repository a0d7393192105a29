/**
 * What was planted, as a file for people and for the demo's own account. The service never reads it: a detector that
 * knows the answers proves nothing.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { seriesKey, seriesKeyText } from "@foretop/engine";
import type { Incident, IncidentKind } from "./incidents.ts";
import type { WarehousePlan } from "./warehouse-rows.ts";
import { HOUR_MS, MARKETPLACES, PLATFORMS, type DemoMeasure } from "./warehouse-shape.ts";

/** One planted incident in one measure. */
export interface Label {
  /** `<number>-<kind>`; the same for both measures of an incident */
  readonly incident: string;
  readonly kind: IncidentKind;
  readonly measure: DemoMeasure;
  /** key texts of the leaves that it changes, and of the roll-ups that consist of such leaves only */
  readonly series: readonly string[];
  /** [startMs, endMs), epoch ms */
  readonly startMs: number;
  readonly endMs: number;
}

export function labelsOf(incidents: readonly Incident[]): readonly Label[] {
  return incidents.flatMap((incident, index) =>
    incident.measures.map((measure) => ({
      incident: `${index + 1}-${incident.kind.replaceAll(" ", "-")}`,
      kind: incident.kind,
      measure,
      series: seriesOf(incident, measure),
      startMs: incident.startMs,
      endMs: incident.endMs,
    })),
  );
}

export function writeLabels(path: string, plan: WarehousePlan): void {
  const document = {
    about: "What the demo planted in its last 14 days. Foretop never reads this file.",
    seed: plan.seed,
    replay: { start: iso(plan.period.replayFromMs), end: iso(plan.period.anchorMs) },
    incidents: labelsOf(plan.incidents).map((label) => ({
      ...label,
      series: label.series.map((text): unknown => JSON.parse(text)),
      start: iso(label.startMs),
      end: iso(label.endMs),
    })),
    mustNotAlarm: {
      lateLoads: plan.late.loadHours.map((ms) => ({ start: iso(ms), end: iso(ms + HOUR_MS) })),
      stragglers: plan.late.stragglerHours.map((ms) => ({ start: iso(ms), end: iso(ms + HOUR_MS) })),
    },
  };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`);
}

function seriesOf({ platforms, marketplaces }: Incident, measure: DemoMeasure): readonly string[] {
  const texts: string[] = [];
  const add = (dimensions: Record<string, string>) =>
    texts.push(seriesKeyText(seriesKey(measure, Object.entries(dimensions).map(([name, value]) => ({ name, value })))));
  for (const m of marketplaces) {
    for (const p of platforms) add({ marketplace: MARKETPLACES[m].name, platform: PLATFORMS[p].name });
  }
  if (platforms.length === PLATFORMS.length) for (const m of marketplaces) add({ marketplace: MARKETPLACES[m].name });
  if (marketplaces.length === MARKETPLACES.length) for (const p of platforms) add({ platform: PLATFORMS[p].name });
  return texts;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
