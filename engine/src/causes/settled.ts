/**
 * Findings looked at together: wider where siblings turn out to be one, narrower ("ios except FR") where some values did not
 * move, dropped where others say it all.
 */
import { ln } from "../stats/elementary.ts";
import type { CubeShape } from "./cube.ts";
import { segmentsText, type Rooted } from "./finding.ts";
import { evidenceAt, gainOf, lnChoose, PURITY_MIN, PURITY_MIN_TOTAL, scatterOf } from "./gain.ts";
import { fixedBits, type Prices } from "./prices.ts";
import { intersection, type CubeSums } from "./sums.ts";
import { sumsOutside, type Five } from "./sums-outside.ts";

/** Nats on top of the choice of values, for "except". */
const SPLIT_PRICE = 3;

export interface SettleContext {
  readonly shape: CubeShape;
  /** of all leaves */
  readonly all: CubeSums;
  readonly prices: Prices;
  readonly isCounts: boolean;
  readonly scatterMax: number;
  readonly withTotal: boolean;
}

/**
 * The findings looked at together, each against the leaves that no other holds: wider where siblings turn out to be one,
 * narrower where some values did not move, dropped where others say it all. Twice: the first pass may free an overlap
 * that the second needs.
 */
export function settled(findings: readonly Rooted[], context: SettleContext): Rooted[] {
  let current = [...findings];
  for (let pass = 0; pass < 2; pass++) {
    const before = segmentsText(current);
    current = widened(current, context);
    for (let k = 0; k < current.length; k++) {
      const others = current.flatMap((finding, j) => (j === k ? [] : finding.segments));
      current = current.map((finding, j) => (j === k ? narrower(finding, others, context) : finding));
    }
    current = withoutRepeats(current, context);
    if (segmentsText(current) === before) break;
  }
  return current;
}

/** The gain of a segment on the leaves that are in none of `others`. */
function gainOutside(codes: readonly number[], others: readonly (readonly number[])[], { shape, all, isCounts, scatterMax, prices, withTotal }: SettleContext): { gain: number; mean: number } {
  const fixed = fixedBits(shape, codes);
  if (fixed === 0 && !withTotal) return { gain: 0, mean: 0 };
  const [w, a, q, l, n] = sumsOutside(codes, others, 0, { shape, all });
  const price = prices.values[fixed]! + prices.dimensions[fixed]!;
  const purity = fixed === 0 ? PURITY_MIN_TOTAL : PURITY_MIN;
  return { gain: gainOf(w, a, q, l, n, price, purity, isCounts, scatterMax), mean: a / w };
}

/**
 * Findings that are children of one segment give way to it, where it gains more than they do together: when another cause
 * crosses a segment, its children were purer than itself at first.
 */
function widened(findings: readonly Rooted[], context: SettleContext): Rooted[] {
  const { shape, isCounts } = context;
  let current = [...findings];
  for (let k = 0; k < current.length; k++) {
    const codes = current[k]!.root;
    for (let d = 0; d < codes.length; d++) {
      if (codes[d] === shape.sizes[d]) continue;
      const parent = codes.map((code, e) => (e === d ? shape.sizes[e]! : code));
      const inside = current.filter(({ segments }) => segments.every((segment) => isInside(shape, segment, parent)));
      if (inside.length < 2) continue;
      const others = current.filter((finding) => !inside.includes(finding)).flatMap(({ segments }) => segments);
      const { gain, mean } = gainOutside(parent, others, context);
      if (gain <= inside.reduce((sum, finding) => sum + finding.gain, 0)) continue;
      const ratio = isCounts ? mean : 1 - mean;
      const wide: Rooted = { segments: [parent], gain, ratio, within: null, root: parent, rootGain: gain };
      current = current.filter((finding) => finding === current[k] || !inside.includes(finding)).map((finding) => (inside.includes(finding) ? wide : finding));
      return widened(current, context);
    }
  }
  return current;
}

/** Drops, the weakest first, what gains nothing on the leaves that no other finding holds. */
function withoutRepeats(findings: readonly Rooted[], context: SettleContext): Rooted[] {
  let current = [...findings];
  for (;;) {
    let weakest: Rooted | null = null;
    for (const finding of current) {
      const others = current.filter((other) => other !== finding).flatMap(({ segments }) => segments);
      if (!others.some((other) => finding.segments.some((own) => intersection(context.shape, own, other) !== null))) continue;
      // Several siblings stand or fall together: the largest of them decides.
      const gain = Math.max(...finding.segments.map((codes) => gainOutside(codes, others, context).gain));
      if (gain <= 0 && (weakest === null || finding.gain < weakest.gain)) weakest = finding;
    }
    if (weakest === null) return current;
    current = current.filter((finding) => finding !== weakest);
  }
}

function isInside({ sizes }: CubeShape, codes: readonly number[], outer: readonly number[]): boolean {
  return outer.every((code, d) => code === sizes[d] || code === codes[d]);
}

function narrower({ root, rootGain, ...finding }: Rooted, others: readonly (readonly number[])[], context: SettleContext): Rooted {
  const { isCounts } = context;
  const { sizes } = context.shape;
  const ratioOf = (mean: number) => (isCounts ? mean : 1 - mean);
  let codes = root;
  let gain = rootGain;
  let ratio = finding.ratio;
  for (;;) {
    let best: Split | null = null;
    for (let d = 0; d < sizes.length; d++) {
      if (codes[d] !== sizes[d]) continue;
      const split = splitAlong(codes, d, others, context);
      if (split !== null && (best === null || split.better > best.better)) best = split;
    }
    if (best === null) return { segments: [codes], gain, ratio, within: null, root, rootGain };
    const { dimension, moved } = best;
    gain += best.better;
    ratio = ratioOf(best.mean);
    if (moved.length === 1) {
      codes = codes.map((code, d) => (d === dimension ? moved[0]! : code));
      continue;
    }
    const parent = codes;
    return { segments: moved.map((value) => parent.map((code, d) => (d === dimension ? value : code))), gain, ratio, within: { parent, dimension }, root, rootGain };
  }
}

interface Split {
  readonly dimension: number;
  /** the values that moved, by one common change */
  readonly moved: readonly number[];
  readonly mean: number;
  /** nats above the price of saying so */
  readonly better: number;
}

/** The values of one dimension below a segment that moved by one ratio while the others did not; null if all moved. */
function splitAlong(
  codes: readonly number[],
  dimension: number,
  others: readonly (readonly number[])[],
  { shape, all, isCounts, scatterMax }: SettleContext,
): Split | null {
  const size = shape.sizes[dimension]!;
  const children: { code: number; sums: Five }[] = [];
  const whole: Five = [0, 0, 0, 0, 0];
  for (let code = 0; code < size; code++) {
    const sums = sumsOutside(codes.map((c, d) => (d === dimension ? code : c)), others, 0, { shape, all });
    if (sums[4] < 0.5) continue;
    children.push({ code, sums });
    for (let k = 0; k < 5; k++) whole[k] = whole[k]! + sums[k]!;
  }
  if (children.length < 2) return null;
  const evidenceOf = ({ sums }: { sums: Five }, at: number) => evidenceAt(sums[0], sums[1], at, isCounts);
  let mean = whole[1] / whole[0];
  const wholeEvidence = evidenceAt(whole[0], whole[1], mean, isCounts);
  let moved = children;
  for (let round = 0; round < 8; round++) {
    const at = mean;
    const next = children.filter((child) => evidenceOf(child, at) > 0);
    if (next.length === 0) return null;
    mean = next.reduce((sum, { sums }) => sum + sums[1], 0) / next.reduce((sum, { sums }) => sum + sums[0], 0);
    const same = next.length === moved.length && next.every((child, k) => child === moved[k]);
    moved = next;
    if (same) break;
  }
  if (moved.length === children.length) return null;
  let evidenceMoved = 0;
  let lack = 0;
  let leaves = 0;
  for (const child of moved) {
    evidenceMoved += evidenceOf(child, mean);
    lack += isCounts ? child.sums[3] : child.sums[2] / 2;
    leaves += child.sums[4];
  }
  const k2 = Math.max(
    scatterOf(lack - evidenceMoved, leaves, scatterMax),
    scatterOf((isCounts ? whole[3] : whole[2] / 2) - wholeEvidence, whole[4], scatterMax),
  );
  const price = ln(shape.sizes.length) + lnChoose(children.length, moved.length) + SPLIT_PRICE;
  const better = (evidenceMoved - wholeEvidence) / k2 - price;
  return better > 0 ? { dimension, moved: moved.map(({ code }) => code), mean, better } : null;
}
