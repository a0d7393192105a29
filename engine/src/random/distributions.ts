import { exp, ln } from "../stats/elementary.ts";
import type { Random } from "./seeded-random.ts";

/** Standard normal (Marsaglia's polar method): no sine, so that the bytes match everywhere. */
export function normal(random: Random): number {
  for (;;) {
    const u = 2 * random() - 1;
    const v = 2 * random() - 1;
    const s = u * u + v * v;
    if (s > 0 && s < 1) return u * Math.sqrt((-2 * ln(s)) / s);
  }
}

/** Poisson with this mean: multiplication for small means, a rounded normal from 200 up. */
export function poisson(random: Random, mean: number): number {
  if (!(mean > 0)) return 0;
  if (mean > 200) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count++;
  return count;
}

/** Student's t with 3 degrees of freedom, scaled to standard deviation 1 (its own is √3). */
export function studentT3(random: Random): number {
  const a = normal(random);
  const b = normal(random);
  const c = normal(random);
  return normal(random) / Math.sqrt(a * a + b * b + c * c);
}
