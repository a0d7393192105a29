/**
 * How wide a segment whose rate moved is to be named: the two rules that look at the parts which did *not* move.
 */
import { ln } from "../stats/elementary.ts";
import type { CubeShape } from "./cube.ts";

/** Between a cause's ratio and 1, on the log scale: a sibling that moved by more has moved. Best of .4 … .8 on the real incidents. */
const LIFT_POWER = 0.65;
/** Nats, over the overdispersion, by which a value must rather be quiet than moved. */
const QUIET_NATS = 3;
/** Share of the traffic that must be surely quiet for "everything moved" to be wrong. .05 … .1 do the same on the real incidents. */
const QUIET_SHARE = 0.1;

interface RatioCubes {
  readonly shape: CubeShape;
  /** [cell] actual, expected */
  readonly X: Float64Array;
  readonly E: Float64Array;
}

/**
 * A finer segment needs evidence that its siblings did *not* move: with large counts siblings move by different amounts,
 * and asking for one ratio would split for ever. A dimension is dropped when the rest of its parent looks moved rather
 * than quiet.
 *
 * @param kept  a dimension that is not dropped; −1 = none
 */
export function lift(picked: readonly number[], { shape, X, E }: RatioCubes, kept = -1): number[] {
  let codes = [...picked];
  for (;;) {
    const at = codes.reduce((cell, code, d) => cell + code * shape.strides[d]!, 0);
    const q = midRatio(X[at]!, E[at]!);
    let dropped = -1;
    let most = 0;
    for (let d = 0; d < codes.length; d++) {
      const size = shape.sizes[d]!;
      if (codes[d] === size || d === kept) continue;
      const parent = at + (size - codes[d]!) * shape.strides[d]!;
      const xr = X[parent]! - X[at]!;
      const er = E[parent]! - E[at]!;
      if (!(er > 1e-9)) continue;
      const moved = xr * ln(q) - er * (q - 1);
      if (moved > most) {
        most = moved;
        dropped = d;
      }
    }
    if (dropped < 0) return codes;
    codes = codes.map((code, d) => (d === dropped ? shape.sizes[d]! : code));
  }
}

/**
 * Where the total looks moved only because a few values are: the dimension along which most of the traffic is surely
 * quiet; −1 if none has enough of it. Two of five bit rates failing make every provider, player and device fail: the
 * total's gain is the largest, and "everything moved" would be wrong.
 *
 * @param cubes.B  [cell] traffic
 */
export function splitDimension({ shape, X, E, B, overdispersion }: RatioCubes & { readonly B: Float64Array; readonly overdispersion: number }): number {
  const any = shape.sizes.reduce((cell, size, d) => cell + size * shape.strides[d]!, 0);
  const q = midRatio(X[any]!, E[any]!);
  let split = -1;
  let most = QUIET_SHARE * B[any]!;
  for (const [d, size] of shape.sizes.entries()) {
    let quiet = 0;
    for (let c = 0; c < size; c++) {
      const cell = any + (c - size) * shape.strides[d]!;
      if (X[cell]! * ln(q) - E[cell]! * (q - 1) < -QUIET_NATS * overdispersion) quiet += B[cell]!;
    }
    if (quiet > most) {
      most = quiet;
      split = d;
    }
  }
  return split;
}

/** The ratio from which a part counts as moved, where the whole has X / E. */
function midRatio(x: number, e: number): number {
  return x >= e ? Math.max(1.3, x / e) ** LIFT_POWER : 1 / Math.max(1.3, Math.min(1e6, e / Math.max(1e-9, x))) ** LIFT_POWER;
}
