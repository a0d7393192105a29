/** How long a receiver asks to wait (RFC 9110 §10.2.3: seconds or a date); undefined where it does not, or unreadably. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // A date begins with its weekday; Date.parse alone makes a date of "-5" too.
  const atMs = /^[A-Z]/i.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
