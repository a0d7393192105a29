/** Small arithmetic that every part of the ensemble shares. */

/** Rate of a bin that is visited once a day, `age` intervals after the first point. */
export function visitRate(age: number, dayLength: number): number {
  return age < 12 * dayLength ? 1 / (Math.floor(age / dayLength) + 1) : 0.08;
}

/** 1/(n+1) at first, then the constant. */
export function rate(constant: number, n: number): number {
  return (n + 1) * constant < 1 ? 1 / (n + 1) : constant;
}

export function clamp(x: number, low: number, high: number): number {
  return x < low ? low : x > high ? high : x;
}
