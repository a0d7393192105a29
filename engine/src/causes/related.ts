/**
 * Related measures: what moved before, after and with an anomaly, from onset order and the history of residuals.
 *
 * For each measure a small regression on the past: its own last residual, and those of the other measures now and up to
 * three intervals ago, chosen one by one while they are worth their price. A link with a lag has a direction; one without
 * has none, and "caused" is then not said. Two measures that are anomalous at once without any link of their histories
 * are coincidence as far as anyone can tell.
 */
import { ln } from "../stats/elementary.ts";

/** |residual| in spreads from which a measure counts as anomalous in the window. */
const ONSET = 4;
const LAGS_MAX = 3;
const CHOSEN_MAX = 6;
/** With less history order is all there is. */
export const RELATED_HISTORY_MIN = 200;
const CLIP = 5;

export interface RelatedInput {
  /** [measure × interval] residuals (actual − expected) / spread, oldest first; NaN = missing */
  readonly residuals: Float64Array;
  readonly measureCount: number;
  /** the group's measure */
  readonly measure: number;
  /** the group's intervals: indexes from … to − 1; what lies before is history */
  readonly from: number;
  readonly to: number;
}

export type Relation =
  /** a chain of lagged links from it to the group's measure, its onset not later */
  | "cause"
  /** the same in the other direction */
  | "effect"
  /** linked, but only without a lag: which one drives the other is not known */
  | "together"
  /** too little history for links: it only began earlier */
  | "earlier";

export interface RelatedMeasure {
  readonly measure: number;
  readonly relation: Relation;
  /** first interval in which it was anomalous */
  readonly onset: number;
  /** intervals from cause to effect along the chain; 0 for "together" */
  readonly lag: number;
  /** product of the links' weights: spreads of the effect per spread of the cause */
  readonly strength: number;
  /** causes only: 0–100, how much of the group's deviation the link accounts for; null where it cannot be said */
  readonly percentage: number | null;
  /** times in the history that both were anomalous with this lag */
  readonly timesBefore: number;
}

export interface RelatedReport {
  readonly related: readonly RelatedMeasure[];
  /** 100 minus the causes' percentages */
  readonly unknownPercentage: number;
}

export interface Link {
  readonly from: number;
  readonly to: number;
  readonly lag: number;
  readonly weight: number;
}

/** @returns causes first, then effects, together, earlier; each by strength. O(measures² × intervals + measures³). */
export function relatedMeasures({ residuals, measureCount, measure, from, to }: RelatedInput): RelatedReport {
  const length = residuals.length / measureCount;
  const at = (m: number, t: number) => (t < 0 || t >= length ? NaN : residuals[m * length + t]!);
  const onset = Array.from({ length: measureCount }, (_, m) => {
    for (let t = Math.max(0, from - LAGS_MAX); t < to; t++) if (Math.abs(at(m, t)) > ONSET) return t;
    return -1;
  });
  const own = onset[measure]! >= 0 ? onset[measure]! : from;
  const others = Array.from({ length: measureCount }, (_, m) => m).filter((m) => m !== measure && onset[m]! >= 0);
  if (from < RELATED_HISTORY_MIN) {
    const earlier = others.filter((m) => onset[m]! < own).map((m): RelatedMeasure => ({ measure: m, relation: "earlier", onset: onset[m]!, lag: own - onset[m]!, strength: NaN, percentage: null, timesBefore: 0 }));
    return { related: earlier.sort((a, b) => a.onset - b.onset || a.measure - b.measure), unknownPercentage: 100 };
  }
  const links = linksOf({ residuals, measureCount, until: Math.max(0, from - LAGS_MAX) });
  const inWindow = new Set([...others, measure]);
  const directed = links.filter((link) => link.lag > 0 && inWindow.has(link.from) && inWindow.has(link.to));
  const ordered = directed.filter((link) => (link.from === measure ? own : onset[link.from]!) <= (link.to === measure ? own : onset[link.to]!));
  const peak = peakOf(measure, own, to, at);
  const related: RelatedMeasure[] = [];
  for (const m of others) {
    const down = chain(ordered, m, measure);
    const up = chain(ordered, measure, m);
    const found = down ?? up;
    if (found !== null) {
      const relation = found === down ? "cause" : "effect";
      const [a, b] = relation === "cause" ? [m, measure] : [measure, m];
      const share = (100 * found.weight * at(m, peak - found.lag)) / at(measure, peak);
      related.push({
        measure: m,
        relation,
        onset: onset[m]!,
        lag: found.lag,
        strength: found.weight,
        percentage: relation === "cause" && Number.isFinite(share) ? Math.min(100, Math.max(0, share)) : null,
        timesBefore: timesBoth(a, b, found.lag, from, at),
      });
    } else if (isConnected(links, m, measure, inWindow)) {
      const direct = links.find((link) => link.lag === 0 && ((link.from === m && link.to === measure) || (link.to === m && link.from === measure)));
      related.push({ measure: m, relation: "together", onset: onset[m]!, lag: 0, strength: direct?.weight ?? NaN, percentage: null, timesBefore: timesBoth(m, measure, 0, from, at) });
    }
  }
  const order: readonly Relation[] = ["cause", "effect", "together", "earlier"];
  related.sort((a, b) => order.indexOf(a.relation) - order.indexOf(b.relation) || (Math.abs(b.strength) || 0) - (Math.abs(a.strength) || 0) || a.measure - b.measure);
  return cappedAt100(related);
}

/** Percentages of several causes may overlap: together they are at most 100. */
function cappedAt100(related: readonly RelatedMeasure[]): RelatedReport {
  const sum = related.reduce((total, { percentage }) => total + (percentage ?? 0), 0);
  const scale = sum > 100 ? 100 / sum : 1;
  return {
    related: related.map((entry) => (entry.percentage === null ? entry : { ...entry, percentage: entry.percentage * scale })),
    unknownPercentage: Math.max(0, 100 - sum),
  };
}

/**
 * Lagged links of all measures: forward selection for each of them, while a further (measure, lag) lowers the residual
 * sum of squares by more than its price ln n + 2 ln candidates.
 */
export function linksOf({ residuals, measureCount, until }: { residuals: Float64Array; measureCount: number; until: number }): Link[] {
  const length = residuals.length / measureCount;
  const columns = measureCount * (LAGS_MAX + 1); // measure-major, lag within
  const rows = until - LAGS_MAX;
  if (rows < 30) return [];
  const value = (column: number, t: number): number => {
    const r = residuals[Math.floor(column / (LAGS_MAX + 1)) * length + t - (column % (LAGS_MAX + 1))]!;
    return r !== r ? 0 : Math.min(CLIP, Math.max(-CLIP, r));
  };
  const x = new Float64Array(columns * rows);
  for (let c = 0; c < columns; c++) {
    let mean = 0;
    for (let t = 0; t < rows; t++) mean += (x[c * rows + t] = value(c, t + LAGS_MAX));
    mean /= rows;
    for (let t = 0; t < rows; t++) x[c * rows + t] = x[c * rows + t]! - mean;
  }
  const gram = new Float64Array(columns * columns);
  for (let a = 0; a < columns; a++) {
    for (let b = a; b < columns; b++) {
      let sum = 0;
      for (let t = 0; t < rows; t++) sum += x[a * rows + t]! * x[b * rows + t]!;
      gram[a * columns + b] = sum;
      gram[b * columns + a] = sum;
    }
  }
  const links: Link[] = [];
  for (let m = 0; m < measureCount; m++) links.push(...linksTo(m, gram, columns, rows));
  return links;
}

function linksTo(m: number, gram: Float64Array, columns: number, rows: number): Link[] {
  const lags = LAGS_MAX + 1;
  const target = m * lags;
  if (!(gram[target * columns + target]! > 0)) return [];
  const g = gram.slice();
  sweep(g, columns, target + 1); // its own last residual is always in
  const candidates: number[] = [];
  for (let c = 0; c < columns; c++) if (Math.floor(c / lags) !== m && g[c * columns + c]! > 1e-9 * rows) candidates.push(c);
  const price = ln(rows) + 2 * ln(Math.max(1, candidates.length));
  const chosen: number[] = [];
  while (chosen.length < CHOSEN_MAX) {
    const rss = g[target * columns + target]!;
    // Explained to the last digits (an identical series): what is left is rounding, and rounding has no causes.
    if (rss <= 1e-9 * gram[target * columns + target]!) break;
    let best = -1;
    let most = 0;
    for (const c of candidates) {
      const pivot = g[c * columns + c]!;
      if (chosen.includes(c) || pivot < 1e-6 * gram[c * columns + c]!) continue;
      const reduction = g[c * columns + target]! ** 2 / pivot;
      if (reduction > most) {
        most = reduction;
        best = c;
      }
    }
    if (best < 0 || rows * ln(rss / Math.max(1e-12 * rss, rss - most)) <= price) break;
    sweep(g, columns, best);
    chosen.push(best);
  }
  return chosen.map((c) => ({ from: Math.floor(c / lags), to: m, lag: c % lags, weight: g[c * columns + target]! }));
}

/** Beaton's sweep: brings one column into the regression; its row then holds the coefficients. */
function sweep(g: Float64Array, size: number, k: number): void {
  const pivot = g[k * size + k]!;
  if (!(Math.abs(pivot) > 0)) return;
  for (let i = 0; i < size; i++) {
    if (i === k) continue;
    const factor = g[i * size + k]! / pivot;
    if (factor === 0) continue;
    for (let j = 0; j < size; j++) if (j !== k) g[i * size + j] = g[i * size + j]! - factor * g[k * size + j]!;
  }
  for (let j = 0; j < size; j++) {
    if (j === k) continue;
    g[k * size + j] = g[k * size + j]! / pivot;
    g[j * size + k] = -g[j * size + k]! / pivot;
  }
  g[k * size + k] = 1 / pivot;
}

/** The shortest chain of links, the strongest of equally short ones: product of weights, sum of lags. */
function chain(links: readonly Link[], from: number, to: number): { weight: number; lag: number } | null {
  let front = new Map<number, { weight: number; lag: number }>([[from, { weight: 1, lag: 0 }]]);
  const seen = new Set([from]);
  while (front.size > 0) {
    const next = new Map<number, { weight: number; lag: number }>();
    for (const [m, { weight, lag }] of front) {
      for (const link of links) {
        if (link.from !== m || seen.has(link.to)) continue;
        const step = { weight: weight * link.weight, lag: lag + link.lag };
        const other = next.get(link.to);
        if (other === undefined || Math.abs(step.weight) > Math.abs(other.weight)) next.set(link.to, step);
      }
    }
    const found = next.get(to);
    if (found !== undefined) return found;
    for (const m of next.keys()) seen.add(m);
    front = next;
  }
  return null;
}

/** Connected through links of any lag and direction, by way of measures anomalous in the window, one of them without a lag. */
function isConnected(links: readonly Link[], a: number, b: number, inWindow: ReadonlySet<number>): boolean {
  const seen = new Set([a]);
  const front = [a];
  for (let m = front.pop(); m !== undefined; m = front.pop()) {
    for (const { from, to, lag } of links) {
      if (lag > 0) continue;
      const other = from === m ? to : to === m ? from : -1;
      if (other < 0 || seen.has(other) || !inWindow.has(other)) continue;
      if (other === b) return true;
      seen.add(other);
      front.push(other);
    }
  }
  return false;
}

function peakOf(m: number, from: number, to: number, at: (m: number, t: number) => number): number {
  let peak = from;
  for (let t = from; t < to; t++) if (!(Math.abs(at(m, t)) <= Math.abs(at(m, peak)))) peak = Number.isNaN(at(m, t)) ? peak : t;
  return peak;
}

/** How often before `until` both were anomalous with this lag; a run counts once. */
function timesBoth(a: number, b: number, lag: number, until: number, at: (m: number, t: number) => number): number {
  let times = 0;
  let isRunning = false;
  for (let t = lag; t < until; t++) {
    const both = Math.abs(at(a, t - lag)) > ONSET && Math.abs(at(b, t)) > ONSET;
    if (both && !isRunning) times++;
    isRunning = both;
  }
  return times;
}
