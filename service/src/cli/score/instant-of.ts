/** Epoch seconds (below 10¹¹), epoch milliseconds, or ISO 8601; without an offset it is UTC. NaN = none of these. */
export function instantOf(text: string): number {
  const trimmed = text.trim();
  if (trimmed === "") return NaN;
  const number = Number(trimmed);
  if (!Number.isNaN(number)) return Math.abs(number) < 1e11 ? number * 1000 : number;
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/.test(trimmed)) return NaN;
  const iso = trimmed.replace(" ", "T");
  return Date.parse(iso.length > 10 && !/(Z|[+-]\d{2}:?\d{2})$/.test(iso) ? `${iso}Z` : iso);
}
