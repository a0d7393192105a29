/** Numbers for people, in their own language's grouping. */
const WHOLE = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const FINE = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const COMPACT = new Intl.NumberFormat(undefined, { notation: "compact", maximumSignificantDigits: 3 });

/** Whole from a thousand on, three significant digits below: enough to compare, no noise. Missing is "no data". */
export function formatNumber(value: number | null): string {
  if (value === null) return "no data";
  return (Math.abs(value) >= 1000 || Number.isInteger(value) ? WHOLE : FINE).format(value);
}

/** For axes: 1.2K, 3.4M. */
export function formatCompact(value: number): string {
  return COMPACT.format(value);
}

/** "−25 %", "+1.2 %"; "" when there is nothing to compare with. */
export function formatShare(share: number | null): string {
  if (share === null) return "";
  const percent = Math.abs(share) * 100;
  return `${share < 0 ? "−" : "+"}${percent >= 10 ? percent.toFixed(0) : percent.toFixed(1)} %`;
}

/** A share of a whole: "59 %", "0.4 %"; without a sign. */
export function formatPercent(share: number): string {
  const percent = Math.abs(share) * 100;
  return `${percent === 0 || percent >= 1 ? percent.toFixed(0) : percent.toPrecision(1)} %`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${FINE.format(bytes / 1000)} kB`;
  return bytes < 1_000_000_000 ? `${FINE.format(bytes / 1_000_000)} MB` : `${FINE.format(bytes / 1_000_000_000)} GB`;
}
