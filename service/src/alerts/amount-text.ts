const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const SMALL = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

/** A figure for people: three significant digits, whole from 1,000 on; "no data" where it is missing. */
export function amountText(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "no data";
  return Math.abs(value) >= 1000 ? WHOLE.format(value) : SMALL.format(value);
}
