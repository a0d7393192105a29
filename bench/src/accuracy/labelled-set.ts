import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Rhythm } from "@foretop/engine";
import { positionsOf, rhythmOfSeconds } from "@foretop/engine";

/** One labelled series on its regular grid; what no row was given for is missing and never scored. */
export interface LabelledSeries {
  readonly name: string;
  readonly rhythm: Rhythm;
  /** [interval] NaN = missing */
  readonly values: Float64Array;
  readonly inDay: Uint16Array;
  readonly hourOfWeek: Uint8Array;
  /** [interval] 1 = anomalous */
  readonly labels: Uint8Array;
  /** [interval] 1 = a row was given */
  readonly present: Uint8Array;
  /** intervals that are history; everything after is scored */
  readonly historyCount: number;
}

/**
 * Reads a set: `series,interval_seconds,timestamp,value,label,part`, gzip.
 *
 * @param part  "judge": history is the learn part, the judge part is scored. "learn": the judge part is not even
 *              looked at; the first half of the learn part is history, the second is scored.
 */
export function readLabelledSet(path: string, part: "learn" | "judge"): LabelledSeries[] {
  const text = gunzipSync(readFileSync(path)).toString("latin1");
  const series: LabelledSeries[] = [];
  let name = "";
  let seconds = 0;
  let times: number[] = [];
  let values: number[] = [];
  let labels: number[] = [];
  let learnCount = 0;
  const flush = () => {
    if (times.length > 0) series.push(toGrid(name, seconds, times, values, labels, learnCount, part));
    times = [];
    values = [];
    labels = [];
    learnCount = 0;
  };
  for (let at = text.indexOf("\n") + 1; at < text.length; ) {
    let end = text.indexOf("\n", at);
    if (end < 0) end = text.length;
    const cells = text.slice(at, end).trimEnd().split(",");
    at = end + 1;
    if (cells.length < 6) continue;
    if (cells[0] !== name || Number(cells[1]) !== seconds) {
      flush();
      name = cells[0];
      seconds = Number(cells[1]);
    }
    times.push(Number(cells[2]));
    values.push(cells[3] === "" ? NaN : Number(cells[3]));
    labels.push(Number(cells[4]));
    if (cells[5] === "learn") learnCount = times.length;
  }
  flush();
  return series;
}

function toGrid(
  name: string,
  interval: number,
  times: number[],
  values: number[],
  labels: number[],
  learnCount: number,
  part: "learn" | "judge",
): LabelledSeries {
  const rhythm = rhythmOfSeconds(interval);
  const rows = part === "judge" ? times.length : learnCount;
  const history = part === "judge" ? learnCount : Math.floor(learnCount / 2);
  const indexOf = (row: number) => Math.round((times[row] - times[0]) / interval);
  const length = indexOf(rows - 1) + 1;
  const grid = {
    values: new Float64Array(length).fill(NaN),
    labels: new Uint8Array(length),
    present: new Uint8Array(length),
  };
  for (let row = 0; row < rows; row++) {
    const t = indexOf(row);
    grid.values[t] = values[row];
    grid.labels[t] = labels[row];
    grid.present[t] = 1;
  }
  // UTC: the sets do not say where they were recorded.
  const startMs = Float64Array.from({ length }, (_, t) => 1000 * (times[0] + t * interval));
  return { name, rhythm, ...grid, ...positionsOf(startMs, rhythm, "UTC"), historyCount: indexOf(history) };
}
