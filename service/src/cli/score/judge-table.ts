import { pointsToLearn, positionsOf, rhythmOfSeconds, scoreSeries, type Judgement } from "@foretop/engine";
import type { ScoreTable } from "./score-table.ts";

const GAP_DAYS_MAX = 100; // a longer gap is cut to this: what it would teach is forgotten by then

/** [row] where a row's judgement is: its series' judgement, and the interval in it. */
export interface JudgedTable {
  readonly judgements: readonly Judgement[];
  readonly cellOf: Int32Array;
  /** rows whose value did not count: a later one of their series lies in the same interval */
  readonly replacedCount: number;
}

export interface HowToJudge {
  /** IANA zone */
  readonly zone: string;
  /** 0 … 1: share of each series' rows that is history */
  readonly share: number | undefined;
  readonly learnUntilMs: number | undefined;
}

/** Puts each series on its regular grid and judges it in time order. */
export function judgeTable(table: ScoreTable, how: HowToJudge): JudgedTable {
  const { seriesNames, seriesOf, timeMs, values } = table;
  const rowsOf: number[][] = seriesNames.map(() => []);
  for (let row = 0; row < seriesOf.length; row++) rowsOf[seriesOf[row]].push(row);
  const cellOf = new Int32Array(seriesOf.length);
  let replacedCount = 0;
  const judgements = rowsOf.map((rows) => {
    let sorted = true;
    for (let i = 1; i < rows.length; i++) sorted &&= timeMs[rows[i]] >= timeMs[rows[i - 1]];
    if (!sorted) rows.sort((a, b) => timeMs[a] - timeMs[b] || a - b);
    const seconds = intervalOf(table, rows);
    const rhythm = rhythmOfSeconds(seconds);
    const gapMax = Math.max(1, Math.round((GAP_DAYS_MAX * 86_400) / seconds));

    const startMs: number[] = [];
    const cells: number[] = [];
    let historyCount = 0;
    const historyRows = how.share === undefined ? 0 : Math.floor(rows.length * how.share);
    rows.forEach((row, i) => {
      // Cells since the row before; rounding forgives clocks that are off by less than half an interval.
      const before = startMs.length - 1;
      let step = before < 0 ? 1 : Math.round((timeMs[row] - startMs[before]) / (seconds * 1000));
      if (step > gapMax) step = gapMax;
      for (let k = 1; k < step; k++) {
        startMs.push(startMs[before] + k * seconds * 1000);
        cells.push(NaN);
      }
      if (step > 0) {
        // The first row sets the grid; where the source jumps (a gap that was cut, a moved clock) the grid follows.
        startMs.push(timeMs[row]);
        cells.push(values[row]);
      } else if (!Number.isNaN(values[row])) {
        if (!Number.isNaN(cells[cells.length - 1])) replacedCount += 1;
        cells[cells.length - 1] = values[row];
      }
      cellOf[row] = cells.length - 1;
      const isHistory = how.learnUntilMs === undefined ? i < historyRows : timeMs[row] < how.learnUntilMs;
      if (isHistory) historyCount = cells.length;
    });

    const learns = how.share !== undefined || how.learnUntilMs !== undefined;
    const enough = pointsToLearn(rhythm);
    return scoreSeries(
      rhythm,
      { values: Float64Array.from(cells), ...positionsOf(startMs, rhythm, how.zone) },
      // A short file is judged from its middle on, but never on less than a day's worth of points.
      { historyCount, pointsToLearn: learns ? 0 : Math.min(enough, Math.max(24, Math.floor(rows.length / 2))) },
    );
  });
  return { judgements, cellOf, replacedCount };
}

/** A series' interval: as given, else the most frequent step between its rows. */
function intervalOf({ intervalSeconds, timeMs }: ScoreTable, rows: readonly number[]): number {
  const given = intervalSeconds[rows[0]];
  if (given > 0) return given;
  const counts = new Map<number, number>();
  for (let i = 1; i < rows.length; i++) {
    const step = Math.round((timeMs[rows[i]] - timeMs[rows[i - 1]]) / 1000);
    if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1);
  }
  let best = 3600;
  let most = 0;
  for (const [step, count] of counts) {
    if (count > most || (count === most && step < best)) {
      best = step;
      most = count;
    }
  }
  return best;
}
