/**
 * A declared relation between measures (revenue = orders × value, profit = revenue − cost): how much of the change of the
 * whole each part contributed. Exact, so that "caused" may be said.
 *
 * - Sums: each part's own deviation.
 * - Products: the logarithmic mean Divisia index (LMDI I; Ang, "The LMDI approach to decomposition analysis: a practical
 *   guide", Energy Policy 33, 2005): part i contributes L(V, F) · ln(vᵢ/fᵢ), where L is the logarithmic mean
 *   (V − F)/ln(V/F). No rest, and it does not matter which part is looked at first.
 * - Products with a part that is 0 or negative have no logarithm: there each part contributes the mean of what it changes
 *   over all orders in which the parts could have moved one after the other (Shapley's value; Sun, "Changes in energy
 *   consumption and energy intensity: a complete decomposition model", Energy Economics 20, 1998). No rest either.
 */
import { ln } from "../stats/elementary.ts";

export interface DeclaredPart {
  readonly actual: number;
  readonly expected: number;
  /** subtracted in a sum, divided by in a product */
  readonly isInverse: boolean;
}

export interface DeclaredSplit {
  /** of the whole, as the parts give it */
  readonly actual: number;
  readonly expected: number;
  /** [part] in the whole's unit; they add up to actual − expected */
  readonly amounts: readonly number[];
  /** [part] 100 · amount / (actual − expected): below 0 or above 100 where the parts offset each other */
  readonly shares: readonly number[];
}

/** Orders are counted with factorials of it. */
export const DECLARED_PARTS_MAX = 6;

/**
 * A part without an actual value counts as expected where another factor is 0: of no orders at all no value is known, and
 * none is needed.
 *
 * @returns null when a figure is missing, a divisor is 0, or nothing moved
 */
export function declaredSplit(kind: "sum" | "product", parts: readonly DeclaredPart[]): DeclaredSplit | null {
  const isNothing = kind === "product" && parts.some(({ actual, isInverse }) => actual === 0 && !isInverse);
  const known = parts.map((part) => (isNothing && Number.isNaN(part.actual) ? { ...part, actual: part.expected } : part));
  if (known.length === 0 || known.some(({ actual, expected }) => !Number.isFinite(actual) || !Number.isFinite(expected))) return null;
  if (kind === "product" && known.some(({ actual, expected, isInverse }) => isInverse && (actual === 0 || expected === 0))) return null;
  const before = combined(kind, known, () => false);
  const after = combined(kind, known, () => true);
  const change = after - before;
  if (!Number.isFinite(change) || Math.abs(change) <= 1e-12 * Math.max(Math.abs(before), Math.abs(after))) return null;
  const amounts = kind === "sum" ? known.map(({ actual, expected, isInverse }) => (isInverse ? expected - actual : actual - expected)) : productAmounts(known, change);
  return { actual: after, expected: before, amounts, shares: amounts.map((amount) => (100 * amount) / change + 0) }; // + 0: never −0
}

function combined(kind: "sum" | "product", parts: readonly DeclaredPart[], hasMoved: (k: number) => boolean): number {
  let whole = kind === "sum" ? 0 : 1;
  for (const [k, { actual, expected, isInverse }] of parts.entries()) {
    const value = hasMoved(k) ? actual : expected;
    if (kind === "sum") whole += isInverse ? -value : value;
    else whole = isInverse ? whole / value : whole * value;
  }
  return whole;
}

function productAmounts(parts: readonly DeclaredPart[], change: number): number[] {
  if (parts.some(({ actual, expected }) => !(actual > 0) || !(expected > 0))) return shapley(parts);
  const logs = parts.map(({ actual, expected, isInverse }) => (isInverse ? -1 : 1) * ln(actual / expected));
  const whole = logs.reduce((a, b) => a + b, 0);
  // The parts offset each other so nearly that the logarithmic mean is a quotient of rounding errors.
  if (Math.abs(whole) < 1e-9) return shapley(parts);
  return logs.map((log) => (change * log) / whole);
}

/** Over all sets of the other parts that may have moved before: O(2ⁿ n). */
function shapley(parts: readonly DeclaredPart[]): number[] {
  const n = parts.length;
  const values = Float64Array.from({ length: 1 << n }, (_, moved) => combined("product", parts, (k) => (moved & (1 << k)) !== 0));
  return parts.map((_, k) => {
    let sum = 0;
    for (let before = 0; before < 1 << n; before++) {
      if (before & (1 << k)) continue;
      const size = bitCount(before);
      sum += ((factorial(size) * factorial(n - size - 1)) / factorial(n)) * (values[before | (1 << k)]! - values[before]!);
    }
    return sum;
  });
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
