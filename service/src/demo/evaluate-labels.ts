/** Holds what was found against what was planted. */
import type { Label } from "./labels.ts";

export interface FoundGroup {
  readonly id: string;
  readonly measure: string;
  /** [startMs, endMs): from the first anomalous interval's start to the last one's end */
  readonly startMs: number;
  readonly endMs: number;
  /** key texts of all anomalous series of the group */
  readonly series: ReadonlySet<string>;
}

export interface Evaluation {
  readonly planted: number;
  readonly found: number;
  readonly missed: readonly Label[];
  /** ids of groups that overlap nothing planted */
  readonly falseGroups: readonly string[];
}

/** How many intervals a group may lie beside its incident and still be told for it. */
export const TOLERANCE_INTERVALS = 2;

/**
 * A planted incident is found when a group of its measure overlaps its time, give or take two intervals, and contains
 * one of its series. A group that overlaps no incident of its measure is false. An incident that touches both measures
 * counts once for each.
 */
export function evaluateLabels(
  labels: readonly Label[],
  groups: readonly FoundGroup[],
  { intervalMs }: { intervalMs: number },
): Evaluation {
  const marginMs = TOLERANCE_INTERVALS * intervalMs;
  const overlaps = (label: Label, group: FoundGroup) =>
    group.measure === label.measure && group.startMs < label.endMs + marginMs && group.endMs > label.startMs - marginMs;

  const missed = labels.filter(
    (label) => !groups.some((group) => overlaps(label, group) && label.series.some((text) => group.series.has(text))),
  );
  const falseGroups = groups.filter((group) => !labels.some((label) => overlaps(label, group))).map(({ id }) => id);
  return { planted: labels.length, found: labels.length - missed.length, missed, falseGroups };
}
