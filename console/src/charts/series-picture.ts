/**
 * What a series chart shows, as data: lines, band, marks and spans. Pure, so that a test can look at it; colours and
 * pixels come later (series-plot.ts).
 */
import type { PointStatus } from "../api/types.ts";

export interface SeriesInput {
  readonly starts: readonly string[];
  readonly value: readonly (number | null)[];
  readonly expected: readonly (number | null)[];
  readonly lower: readonly (number | null)[];
  readonly upper: readonly (number | null)[];
  readonly status: readonly PointStatus[];
  readonly findings: readonly { readonly index: number; readonly kind: string; readonly severity: number | null; readonly heldBack: string | null }[];
  /** the group looked at, if any */
  readonly group: { readonly start: string; readonly end: string } | null;
  readonly intervalSeconds: number;
  /** shows the values of so many seconds before as a further line; null for none */
  readonly compareSeconds: number | null;
}

type Column = (number | null)[];

export interface Mark {
  readonly index: number;
  /** epoch seconds, as uPlot counts */
  readonly x: number;
  readonly y: number;
  readonly kind: string;
  readonly severity: number | null;
  readonly heldBack: string | null;
  /** lies in the group looked at */
  readonly inGroup: boolean;
  /** there is no value: the mark sits where it was expected */
  readonly valueMissing: boolean;
}

export interface Span {
  readonly what: "group" | "learning" | "history" | "missing";
  /** epoch seconds, half an interval around the points */
  readonly from: number;
  readonly to: number;
}

export interface SeriesPicture {
  readonly x: number[];
  readonly actual: Column;
  readonly expected: Column;
  readonly lower: Column;
  readonly upper: Column;
  readonly compared: Column;
  /** how long before the compared values were */
  readonly compareSeconds: number | null;
  readonly marks: readonly Mark[];
  readonly spans: readonly Span[];
  /** points without a neighbour on either side, which no line would show */
  readonly lonely: readonly number[];
}

export function seriesPicture(input: SeriesInput): SeriesPicture {
  const { starts, value, expected, lower, upper, status, findings, group, intervalSeconds, compareSeconds } = input;
  const x = starts.map((start) => Date.parse(start) / 1000);
  const half = intervalSeconds / 2;
  const groupFrom = group === null ? Infinity : Date.parse(group.start) / 1000;
  const groupTo = group === null ? -Infinity : Date.parse(group.end) / 1000;
  const indexOf = new Map(x.map((seconds, index) => [seconds, index]));
  return {
    x,
    actual: [...value],
    expected: [...expected],
    lower: [...lower],
    upper: [...upper],
    compared: x.map((seconds) => (compareSeconds === null ? null : (value[indexOf.get(seconds - compareSeconds) ?? -1] ?? null))),
    compareSeconds,
    marks: findings.map(({ index, kind, severity, heldBack }) => ({
      index,
      x: x[index]!,
      y: value[index] ?? expected[index] ?? 0,
      kind,
      severity,
      heldBack,
      inGroup: x[index]! >= groupFrom && x[index]! < groupTo,
      valueMissing: value[index] === null,
    })),
    spans: [
      ...(group === null ? [] : [{ what: "group" as const, from: groupFrom - half, to: groupTo - half }]),
      ...spansOf("learning", status, x, half),
      ...spansOf("history", status, x, half),
      ...spansOf("missing", status, x, half),
    ],
    lonely: value.flatMap((v, i) => (v !== null && (value[i - 1] ?? null) === null && (value[i + 1] ?? null) === null ? [i] : [])),
  };
}

/** Runs of one status. */
function spansOf(what: Exclude<Span["what"], "group">, status: readonly PointStatus[], x: readonly number[], half: number): Span[] {
  const spans: Span[] = [];
  for (let i = 0; i < status.length; i++) {
    if (status[i] !== what) continue;
    const first = i;
    while (status[i + 1] === what) i++;
    spans.push({ what, from: x[first]! - half, to: x[i]! + half });
  }
  return spans;
}
