/** The groups of the replay as a table for people: what, since when, how far off, and the segment that did it. */
import { segmentText } from "../cli/commands/anomaly.ts";
import { table } from "../cli/table.ts";
import { timeText } from "../cli/time-text.ts";
import type { DemoGroup } from "./demo-document.ts";

const SEGMENTS_SHOWN_MAX = 2;

export function demoTable(groups: readonly DemoGroup[], { zone, columns }: { zone: string; columns: number | null }): string {
  if (groups.length === 0) return "No anomaly in these days.\n";
  const rows = groups.map(({ severity, measure, kind, start, end, actual, expected, segments }) => [
    Math.round(severity),
    measure,
    kind,
    timeText(start, zone),
    timeText(end, zone),
    rounded(actual),
    rounded(expected),
    segmentsText(segments),
  ]);
  return table([["SEVERITY", "MEASURE", "KIND", `SINCE (${zone})`, "UNTIL", "ACTUAL", "EXPECTED", "WHERE"], ...rows], { columns });
}

/** Whole views and whole units of money are enough in a table. */
function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}

function segmentsText(segments: DemoGroup["segments"]): string {
  const more = segments.length - SEGMENTS_SHOWN_MAX;
  return segments.slice(0, SEGMENTS_SHOWN_MAX).map(segmentText).join("; ") + (more > 0 ? ` and ${more} more` : "");
}
