/** What many shapes of the API share: instants, numbers, paging, and how they are encoded. */
import { z } from "zod";

export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 500;

/** An instant on the wire: ISO 8601 in UTC, seconds precision, e.g. "2024-03-01T10:00:00Z". */
export const instant = z.iso.datetime().describe("instant, ISO 8601 in UTC");

/** An instant from the caller; any offset. */
export const instantInput = z.iso
  .datetime({ offset: true, error: "not an instant; write it like 2024-03-01T10:00:00Z" })
  .describe("An instant in ISO 8601 with an offset, e.g. 2024-03-01T10:00:00Z.");

/** A number, or null where the value is missing. */
export const figure = z.number().nullable();

export const severityInput = z.coerce
  .number({ error: "not a number" })
  .min(0, "under 0")
  .max(100, "over 100")
  .describe("A severity, 0 to 100.");

export const detectorInput = z
  .string()
  .min(1, "empty")
  .max(63, "longer than 63 characters")
  .describe("A detector's name or id.");

export const limitInput = z.coerce
  .number({ error: "not a number" })
  .int("not a whole number")
  .min(1, "under 1")
  .max(PAGE_LIMIT_MAX, `over ${PAGE_LIMIT_MAX}`)
  .default(PAGE_LIMIT_DEFAULT)
  .describe(`How many at most, 1 to ${PAGE_LIMIT_MAX}; ${PAGE_LIMIT_DEFAULT} by default.`);

export const cursorInput = z
  .string()
  .max(1000, "longer than 1000 characters")
  .optional()
  .describe("nextCursor of the page before; none for the first page.");

export const nextCursor = z.string().nullable().describe("for the next page; null on the last one");

export const intervalShape = z.object({ start: instant, end: instant }).describe("[start, end)");

export function instantText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.000Z$/, "Z");
}

export function instantTextOrNull(ms: number | null): string | null {
  return ms === null ? null : instantText(ms);
}

/** Missing is NaN inside and null on the wire, which has no NaN. */
export function figureOf(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

export function intervalOf({ startMs, endMs }: { startMs: number; endMs: number }): z.input<typeof intervalShape> {
  return { start: instantText(startMs), end: instantText(endMs) };
}
