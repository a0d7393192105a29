import { KINDS } from "@foretop/engine";
import type { JudgedTable } from "./judge-table.ts";
import type { ScoreTable } from "./score-table.ts";
import type { ScoreStreams } from "./score.ts";

export const SCORE_HEADER =
  "series,timestamp,value,expected,lower,upper,score,shift_score,incident_score,severity,direction,kind";
const CHUNK_CHARACTERS = 1 << 20;

/** Writes a line for each row, in the rows' order; numbers are unrounded, empty where there is none. */
export function writeScores(table: ScoreTable, { judgements, cellOf }: JudgedTable, stdout: ScoreStreams["stdout"]): void {
  const { seriesNames, seriesOf, timestampText, values } = table;
  const quoted = seriesNames.map((name) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name));
  const numbers = [0, 0, 0, 0, 0, 0, 0, 0.5];
  let text = `${SCORE_HEADER}\n`;
  for (let row = 0; row < seriesOf.length; row++) {
    const judgement = judgements[seriesOf[row]];
    const t = cellOf[row];
    const found = judgement.kind[t] > 0 && judgement.heldBack[t] === 0;
    const direction = judgement.direction[t];
    numbers[0] = values[row];
    numbers[1] = judgement.expected[t];
    numbers[2] = judgement.lower[t];
    numbers[3] = judgement.upper[t];
    numbers[4] = judgement.score[t];
    numbers[5] = judgement.shiftScore[t];
    numbers[6] = judgement.incidentScore[t];
    numbers[7] = judgement.severity[t];
    text +=
      `${quoted[seriesOf[row]]},${timestampText[row]},${cells(numbers)},` +
      `${found ? (direction > 0 ? "up" : direction < 0 ? "down" : "") : ""},${found ? KINDS[judgement.kind[t]] : ""}\n`;
    if (text.length > CHUNK_CHARACTERS) {
      stdout.write(text);
      text = "";
    }
  }
  stdout.write(text);
}

/** Unrounded, with commas between; empty for what is not a finite number. JSON writes numbers twice as fast as String does. */
function cells(numbers: readonly number[]): string {
  return JSON.stringify(numbers).slice(1, -1).replaceAll("null", "");
}
