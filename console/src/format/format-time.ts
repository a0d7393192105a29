/** Instants and durations for people. */
export const USER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const formats = new Map<string, Intl.DateTimeFormat>();

/** "2 Mar 2026, 11:00" in a zone; the user's by default. */
export function formatInstant(iso: string | null, zone: string = USER_ZONE): string {
  return iso === null ? "–" : formatOf(zone, "long").format(new Date(iso));
}

/** "2 Mar, 11:00" */
export function formatShort(ms: number, zone: string = USER_ZONE): string {
  return formatOf(zone, "short").format(ms);
}

function formatOf(zone: string, kind: "long" | "short"): Intl.DateTimeFormat {
  const key = `${zone} ${kind}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(kind === "long" && { year: "numeric" }),
  });
  formats.set(key, format);
  return format;
}

/** "6 hours", "3 days": the largest unit that says it, rounded. */
export function formatDuration(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, "day"],
    [3600, "hour"],
    [60, "minute"],
    [1, "second"],
  ];
  const [size, name] = units.find(([unit]) => seconds >= unit * 1.5 || seconds === unit) ?? [1, "second"];
  const count = Math.round(seconds / size);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

/** "6 hours ago" */
export function formatAgo(iso: string, nowMs: number): string {
  const seconds = Math.round((nowMs - Date.parse(iso)) / 1000);
  return seconds < 45 ? "just now" : `${formatDuration(seconds)} ago`;
}

const FREQUENCY_WORDS: Readonly<Record<string, { every: string; per: string }>> = {
  PT5M: { every: "every 5 minutes", per: "per 5 minutes" },
  PT10M: { every: "every 10 minutes", per: "per 10 minutes" },
  PT1H: { every: "every hour", per: "per hour" },
  P1D: { every: "every day", per: "per day" },
};

export function frequencyWords(frequency: string): { every: string; per: string } {
  return FREQUENCY_WORDS[frequency] ?? { every: frequency, per: `per ${frequency}` };
}
