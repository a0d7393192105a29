import { KINDS } from "@foretop/engine";
import type { JudgedTable } from "./judge-table.ts";
import type { ScoreTable } from "./score-table.ts";

export interface ScoreSummary {
  readonly rows: number;
  readonly series: number;
  readonly judged: number;
  readonly learning: number;
  readonly missing: number;
  /** rows whose value did not count: a later one of their series lies in the same interval */
  readonly replaced: number;
  readonly anomalies: number;
  readonly anomaliesByKind: Readonly<Record<string, number>>;
  /** the most severe points, at most 10 */
  readonly top: readonly { series: string; timestamp: string; value: number; expected: number; severity: number; kind: string }[];
}

/** Counts, and the most severe points. */
export function summarise(table: ScoreTable, { judgements, cellOf, replacedCount }: JudgedTable): ScoreSummary {
  const { seriesNames, seriesOf, timestampText, values } = table;
  let judged = 0;
  let learning = 0;
  let missing = 0;
  const byKind: Record<string, number> = {};
  const found: number[] = [];
  for (let row = 0; row < seriesOf.length; row++) {
    const judgement = judgements[seriesOf[row]];
    const t = cellOf[row];
    if (Number.isNaN(values[row])) missing++;
    else if (judgement.status[t] === 0) judged++;
    else learning++;
    if (judgement.kind[t] === 0 || judgement.heldBack[t] !== 0) continue;
    found.push(row);
    const kind = KINDS[judgement.kind[t]];
    byKind[kind] = (byKind[kind] ?? 0) + 1;
  }
  const severityOf = (row: number) => judgements[seriesOf[row]].severity[cellOf[row]];
  const top = found
    .sort((a, b) => severityOf(b) - severityOf(a) || a - b)
    .slice(0, 10)
    .map((row) => ({
      series: seriesNames[seriesOf[row]],
      timestamp: timestampText[row],
      value: values[row],
      expected: judgements[seriesOf[row]].expected[cellOf[row]],
      severity: severityOf(row),
      kind: KINDS[judgements[seriesOf[row]].kind[cellOf[row]]],
    }));
  return { rows: seriesOf.length, series: seriesNames.length, judged, learning, missing, replaced: replacedCount, anomalies: found.length, anomaliesByKind: byKind, top };
}
