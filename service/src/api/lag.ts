import { intervalStarts, nextIntervalStart } from "@foretop/engine";
import type { z } from "zod";
import type { Detector } from "../resources/detector.ts";
import { instantText } from "./shapes/common.ts";
import type { lagShape } from "./shapes/detector.ts";

/** Beyond this many intervals "how many are due" is no longer counted. */
const DUE_COUNTED_MAX = 10_000;

/** How far behind a detector is: an interval is due once it has ended and its offset has passed. */
export function lagOf({ config, status, headMs }: Detector, nowMs: number): z.input<typeof lagShape> {
  if (headMs === null || (status !== "ACTIVE" && status !== "LEARNING")) return { lagSeconds: 0, dueIntervals: 0, nextDue: null };
  const offsetMs = config.offsetSeconds * 1000;
  const dueMs = nextIntervalStart(headMs, config.frequency, config.zone) + offsetMs;
  if (dueMs > nowMs) return { lagSeconds: 0, dueIntervals: 0, nextDue: instantText(dueMs) };
  // Every interval that started before the last complete one's end; bounded, so that an old head costs no long loop.
  const horizonMs = Math.min(nowMs - offsetMs, headMs + DUE_COUNTED_MAX * (dueMs - offsetMs - headMs));
  const starts = intervalStarts(headMs, horizonMs, config.frequency, config.zone);
  const lastEndMs = nextIntervalStart(starts.at(-1)!, config.frequency, config.zone);
  const dueIntervals = lastEndMs <= horizonMs ? starts.length : starts.length - 1;
  return { lagSeconds: Math.floor((nowMs - dueMs) / 1000), dueIntervals: Math.max(1, dueIntervals), nextDue: instantText(dueMs) };
}
