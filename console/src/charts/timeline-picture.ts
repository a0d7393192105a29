/** Where each group of an overview lies: time runs to the right, severity up. Pure. */
import type { GroupSummary } from "../api/types.ts";

export interface TimelineInput {
  readonly groups: readonly Pick<GroupSummary, "id" | "headline" | "measure" | "severity" | "start" | "end" | "status">[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly severityMin: number;
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

const DAY_MS = 86_400_000;
/** More day marks than this are thinned out. */
const DAYS_LABELLED_MAX = 8;

export function timelinePicture({ groups, fromMs, toMs, severityMin }: TimelineInput): TimelinePicture {
  const share = (ms: number) => Math.min(1, Math.max(0, (ms - fromMs) / (toMs - fromMs)));
  const step = Math.max(1, Math.ceil((toMs - fromMs) / DAY_MS / DAYS_LABELLED_MAX)) * DAY_MS;
  const firstDayMs = Math.ceil(fromMs / DAY_MS) * DAY_MS;
  const dayCount = Math.max(0, Math.floor((toMs - firstDayMs) / step) + 1);
  return {
    bars: groups
      .filter(({ start, end }) => Date.parse(end) > fromMs && Date.parse(start) < toMs)
      .map(({ id, headline, measure, severity, start, end, status }) => {
        const left = share(Date.parse(start));
        return { id, headline, measure, left, width: share(Date.parse(end)) - left, top: 1 - severity / 100, open: status === "open" };
      }),
    thresholdTop: 1 - severityMin / 100,
    days: Array.from({ length: dayCount }, (_, i) => ({ ms: firstDayMs + i * step, left: share(firstDayMs + i * step) })),
  };
}
