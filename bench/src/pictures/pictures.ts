/**
 * `npm run bench -- pictures`: one picture per kind of anomaly, from synthetic data, and the comparison with the
 * baselines from the committed results. Written into docs/models; the same on every machine.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KINDS, normal, positionsOf, rhythmOf, scoreSeries, seededRandom } from "@foretop/engine";
import { bars, chart } from "./chart.ts";

const DOCS = join(import.meta.dirname, "../../../docs/models");
const RESULTS = join(import.meta.dirname, "../../results");
const HISTORY = 24 * 35;
const SHOWN = 24 * 5;
const AT = 24 * 2 + 14; // where it happens, in the hours shown

/** name of the file → title and what happens from hour AT on */
const SCENES: Readonly<Record<string, { title: string; happens: (value: number, i: number) => number }>> = {
  spike: { title: "Spike: one hour far above", happens: (value, i) => (i === 0 ? value + 90 : value) },
  dip: { title: "Dip: two hours far below", happens: (value, i) => (i < 2 ? value - 60 : value) },
  "level-shift": { title: "Level shift: from here on 35 higher", happens: (value) => value + 35 },
  "drop-to-zero": { title: "Drop to zero: the value 0 for 9 hours", happens: (value, i) => (i < 9 ? 0 : value) },
  stopped: { title: "Stopped: no value for 14 hours while others still arrive", happens: (value, i) => (i < 14 ? NaN : value) },
  "flat-line": { title: "Flat line: the same value for 14 hours", happens: (value, i) => (i < 14 ? 112.3 : value) },
  recovery: { title: "Recovery: back to the old level after 26 hours", happens: (value, i) => (i < 26 ? value - 45 : value) },
};

export function pictures(): void {
  mkdirSync(DOCS, { recursive: true });
  for (const name of Object.keys(SCENES)) writeFileSync(join(DOCS, `${name}.svg`), picture(name));
  const accuracy = join(RESULTS, "accuracy-judge.json");
  if (existsSync(accuracy)) writeFileSync(join(DOCS, "comparison.svg"), comparison(readFileSync(accuracy, "utf8")));
  console.log(`${Object.keys(SCENES).length} pictures of kinds and the comparison are in docs/models`);
}

export function picture(name: string): string {
  const { title, happens } = SCENES[name];
  const rhythm = rhythmOf("PT1H");
  const random = seededRandom(11);
  const length = HISTORY + SHOWN;
  const values = Float64Array.from({ length }, (_, t) => 100 + 30 * Math.sin(((t - 8) * Math.PI) / 12) + 4 * normal(random));
  for (let t = HISTORY + AT; t < length; t++) values[t] = happens(values[t], t - HISTORY - AT);
  const startMs = Float64Array.from({ length }, (_, t) => t * 3_600_000);
  const judged = scoreSeries(rhythm, { values, ...positionsOf(startMs, rhythm, "UTC") }, { historyCount: HISTORY });
  const shown = (column: Float64Array) => column.subarray(HISTORY);
  return chart({
    title,
    actual: shown(values),
    expected: shown(judged.expected),
    lower: shown(judged.lower),
    upper: shown(judged.upper),
    severity: shown(judged.severity),
    kind: Array.from({ length: SHOWN }, (_, i) => {
      const t = HISTORY + i;
      return judged.kind[t] > 0 && judged.heldBack[t] === 0 ? KINDS[judged.kind[t]] : "";
    }),
  });
}

interface Stored {
  readonly [method: string]: { readonly mean: { readonly eventF1: number }; readonly sets: Readonly<Record<string, { readonly eventF1: number }>> };
}

function comparison(text: string): string {
  const stored = JSON.parse(text) as Stored; // written by the accuracy bench
  const methods = ["foretop", "Holt-Winters, gated", "Holt-Winters, learns all", "seasonal naive", "windowed Gaussian"];
  const sets = Object.keys(stored.foretop.sets);
  return bars(
    "Event F1 on seven labelled sets, one set of defaults for all (higher is better)",
    [
      ...sets.map((set) => ({ name: set, values: methods.map((method) => stored[method].sets[set].eventF1) })),
      { name: "mean", values: methods.map((method) => stored[method].mean.eventF1) },
    ],
    methods,
  );
}
