/** What `check` says in the same words whatever the source is. */
import type { SourceFinding } from "./connector.ts";

export type Finding = Omit<SourceFinding, "check">;

const CLOCK_SKEW_SECONDS_MAX = 5;

/** @param sourceMs  what the source's clock showed at some time between the two of ours, epoch ms */
export function clockFinding(sourceMs: number, { beforeMs, afterMs }: { beforeMs: number; afterMs: number }): Finding {
  const skew = (sourceMs - (beforeMs + afterMs) / 2) / 1000;
  const message = `the source's clock is ${Math.abs(skew).toFixed(1)} s ${skew < 0 ? "behind" : "ahead of"} this machine's`;
  if (Math.abs(skew) <= CLOCK_SKEW_SECONDS_MAX + (afterMs - beforeMs) / 2000) return { level: "ok", message, advice: null };
  return { level: "warning", message, advice: "Intervals are closed by this machine's clock: run NTP on both, or raise the dataset's offset by as much." };
}

/** @param more  said after the columns when all is well */
export function readsFinding(names: readonly string[], timestampColumn: string | null, more = ""): Finding {
  if (timestampColumn !== null && !names.some((name) => name.toLowerCase() === timestampColumn.toLowerCase())) {
    return { level: "error", message: `the query runs, but its result has no column ${timestampColumn}; it has ${names.join(", ")}`, advice: "Name the timestamp's column in the configuration." };
  }
  return { level: "ok", message: `the query runs and gives ${names.join(", ")}${more}`, advice: null };
}
