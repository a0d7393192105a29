/** A judgement as named columns in a file, and back into the places of their series. */
import { emptyJudgement, type Judgement } from "@foretop/engine";
import type { Column } from "./shard-file.ts";

const NAMES = Object.keys(emptyJudgement(0)) as (keyof Judgement)[]; // its own keys
const PREFIX = "judged.";

export function columnsOf(judgement: Judgement): Record<string, Column> {
  return Object.fromEntries(NAMES.map((name) => [PREFIX + name, judgement[name] as Column])); // each is a typed array
}

/** Writes what was said of the series of a part to their places in the whole. */
export function placeColumns(whole: Judgement, series: ArrayLike<number>, columns: Readonly<Record<string, Column>>): void {
  for (const name of NAMES) {
    const target = whole[name] as Column;
    const source = columns[PREFIX + name]!;
    for (let i = 0; i < series.length; i++) target[series[i]!] = source[i]!;
  }
}
