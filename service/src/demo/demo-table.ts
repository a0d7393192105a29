/** The groups of the replay as a table for people: what, since when, how far off, and the segment that did it. */
import { amountText } from "../alerts/amount-text.ts";
import type { DemoGroup } from "./demo-document.ts";

const HEADINGS = ["severity", "measure", "what", "since (UTC)", "until", "actual", "expected", "where"] as const;
/** columns that hold numbers stand right */
const RIGHT = new Set<string>(["severity", "actual", "expected"]);
const SEGMENTS_SHOWN_MAX = 2;

export function demoTable(groups: readonly DemoGroup[]): string {
  if (groups.length === 0) return "No anomaly in these days.\n";
  const rows = groups.map((group) => [
    group.severity.toFixed(0),
    group.measure,
    group.kind,
    minuteText(group.start),
    minuteText(group.end),
    amountText(group.actual),
    amountText(group.expected),
    segmentsText(group.segments),
  ]);
  const widths = HEADINGS.map((heading, c) => Math.max(heading.length, ...rows.map((row) => row[c].length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, c) => (RIGHT.has(HEADINGS[c]) ? cell.padStart(widths[c]) : cell.padEnd(widths[c])))
      .join("  ")
      .trimEnd();
  return `${[line(HEADINGS), ...rows.map(line)].join("\n")}\n`;
}

/** `2026-05-23 19:00` */
function minuteText(instant: string): string {
  return instant.slice(0, 16).replace("T", " ");
}

function segmentsText(segments: DemoGroup["segments"]): string {
  const texts = segments.map((segment) => {
    const parts = Object.entries(segment).map(([name, value]) => `${name}=${value ?? "null"}`);
    return parts.length === 0 ? "everything" : parts.join(" & ");
  });
  const more = texts.length - SEGMENTS_SHOWN_MAX;
  return texts.slice(0, SEGMENTS_SHOWN_MAX).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
