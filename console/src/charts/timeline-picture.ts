/** Where each group of an overview lies: time runs to the right, severity up. Pure. */
import { intervalStarts } from "@foretop/engine";
import type { GroupSummary } from "../api/types.ts";

export interface TimelineInput {
  readonly groups: readonly Pick<GroupSummary, "id" | "headline" | "measure" | "severity" | "start" | "end" | "status">[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly severityMin: number;
  /** whose midnights are marked */
  readonly zone: string;
}

export interface TimelineBar {
  readonly id: string;
  readonly headline: string;
  readonly measure: string;
  /** shares of the picture's width and height, 0 to 1; top counts from the top */
  readonly left: number;
  readonly width: number;
  readonly top: number;
  readonly open: boolean;
}

export interface TimelinePicture {
  readonly bars: readonly TimelineBar[];
  /** where the severity threshold lies, share of the height from the top */
  readonly thresholdTop: number;
  readonly days: readonly { readonly ms: number; readonly left: number }[];
}

/** More day marks than this are thinned out. */
const DAYS_LABELLED_MAX = 8;

export function timelinePicture({ groups, fromMs, toMs, severityMin, zone }: TimelineInput): TimelinePicture {
  const share = (ms: number) => Math.min(1, Math.max(0, (ms - fromMs) / (toMs - fromMs)));
  const midnights = Array.from(intervalStarts(fromMs, toMs, "P1D", zone));
  const step = Math.max(1, Math.ceil(midnights.length / DAYS_LABELLED_MAX));
  return {
    bars: groups
      .filter(({ start, end }) => Date.parse(end) > fromMs && Date.parse(start) < toMs)
      .map(({ id, headline, measure, severity, start, end, status }) => {
        const left = share(Date.parse(start));
        return { id, headline, measure, left, width: share(Date.parse(end)) - left, top: 1 - severity / 100, open: status === "open" };
      }),
    thresholdTop: 1 - severityMin / 100,
    days: midnights.filter((_, i) => i % step === 0).map((ms) => ({ ms, left: share(ms) })),
  };
}
