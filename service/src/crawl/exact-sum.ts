/**
 * Sums of an exact type are kept in units of its last digit, as whole numbers: 0.1 + 0.2 is 1 + 2 tenths, and is 0.3. So a sum is
 * the true one rounded once, in whatever order the rows come, and the same that the database computes.
 */

/** Up to here a sum, rounded to a double and scaled, gives its units back without doubt: both roundings are less than a half together. */
export const EXACT_UNITS_MAX = 2 ** 50;

/** How many units of 10^−scale a number is. */
export function unitsOf(value: number, scale: number): number {
  return scale === 0 ? value : Math.round(value * 10 ** scale);
}

/**
 * Whether a sum is a whole number of its units, as far as a double of its size can tell. It isn't where the column has got more
 * digits after the point since it was described.
 */
export function isWholeUnits(sum: number, scale: number): boolean {
  const scaled = sum * 10 ** scale;
  const units = Math.round(scaled);
  return Math.abs(scaled - units) <= Math.max(UNIT_NOISE_MIN, Math.abs(units) * UNIT_NOISE);
}

/** A sum's own rounding and that of its scaling, relative to it; below a thousandth of a unit nothing is left over by a real digit. */
const UNIT_NOISE = 2 ** -51;
const UNIT_NOISE_MIN = 1e-3;

/**
 * (units + lost) / 10^scale, rounded once.
 *
 * @param lost  what addition has lost of the units (Neumaier); both are whole numbers
 */
export function exactSum(units: number, lost: number, scale: number): number {
  const whole = units + lost;
  if (Math.abs(whole) <= Number.MAX_SAFE_INTEGER) return whole / 10 ** scale;
  if (!Number.isFinite(whole) || !Number.isInteger(lost)) return whole / 10 ** scale; // what no sum of a database's decimals is
  return Number(`${BigInt(units) + BigInt(lost)}e-${scale}`);
}
