/**
 * Noise without a generator's state: a number is a function of what it belongs to (seed, stream, coordinates), so any
 * hour of the demo can be made alone and in any order. Integer mixing and the four basic operations only: the same
 * bits on every machine, which `Math.sin` or `Math.log` would not promise.
 */

/** Uniform in [0, 1), 32 bits deep. `stream` tells uses apart; coordinates are whole numbers below 2³². */
export function uniform(seed: number, stream: number, a: number, b = 0, c = 0): number {
  let h = mix(Math.imul(seed, 0x9e3779b1) ^ stream);
  h = mix(h ^ a);
  h = mix(h + Math.imul(b, 0x85ebca6b));
  h = mix(h ^ Math.imul(c, 0xc2b2ae35));
  return (h >>> 0) / 4294967296;
}

/**
 * Mean 0, standard deviation 1, within ±3.5: four uniforms summed. One draw in twenty is half as large again, because
 * real noise has heavier tails than that.
 */
export function bell(seed: number, stream: number, a: number, b = 0, c = 0): number {
  const base = c * 5;
  let sum = -2;
  for (let i = 0; i < 4; i++) sum += uniform(seed, stream, a, b, base + i);
  const tail = uniform(seed, stream, a, b, base + 4) < 0.05 ? 1.5 : 1;
  return sum * SQRT_3 * tail * TAIL_CORRECTION;
}

/** The finaliser of MurmurHash3: every input bit reaches every output bit. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

// Four uniforms have variance 4/12.
const SQRT_3 = 1.7320508075688772;
// √(0.95 · 1 + 0.05 · 1.5²) is the deviation that the tails add.
const TAIL_CORRECTION = 0.97014250014533;
