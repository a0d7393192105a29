/** What `plan` and `apply` take and answer. */
import { z } from "zod";

export const FILES_MAX = 32;
export const FILE_CHARACTERS_MAX = 1_000_000;

export const filesInput = {
  entry: z.string().min(1, "empty").max(255, "longer than 255 characters").describe("Name of the entry in `files`: a params.json or a foretop.yaml."),
  files: z
    .record(z.string().max(255), z.string().max(FILE_CHARACTERS_MAX, `longer than ${FILE_CHARACTERS_MAX} characters`))
    .refine((files) => Object.keys(files).length <= FILES_MAX, `more than ${FILES_MAX} files`)
    .describe("Text of each file by its name relative to the entry's folder: the entry and the SQL files it refers to."),
};

export const warningShape = z.object({
  message: z.string(),
  where: z.string().nullable().describe("file with line, or field path"),
  advice: z.string().nullable(),
});

export const planShape = z.object({
  detector: z.string(),
  action: z.enum(["create", "update", "none"]),
  relearns: z.boolean().describe("whether what was learned is dropped and learned again"),
  changes: z.array(
    z.object({
      field: z.string(),
      from: z.string().nullable(),
      to: z.string().nullable(),
      consequence: z.string().nullable(),
    }),
  ),
  warnings: z.array(warningShape),
  estimate: z
    .object({
      seriesCount: z.number(),
      rowsPerInterval: z.number(),
      absentShare: z.number().describe("share of (series, interval) cells without a row, 0 to 1"),
      intervalCount: z.number().describe("intervals of history that will be crawled"),
      leafCount: z.number().describe("full combinations × measures; seriesCount has the totals above them, too"),
      sampledIntervals: z.number().describe("how many of the last intervals were looked at"),
      dimensionValues: z.array(z.object({ dimension: z.string(), count: z.number() })),
      bytesPerDay: z.number().describe("on disk, at most"),
    })
    .nullable()
    .describe("asked from the source; null when it could not be asked, a warning says why"),
  aggregation: z
    .object({ inDatabase: z.boolean(), why: z.string() })
    .nullable()
    .describe("who aggregates the rows, the database or Foretop, and why; null when the source could not be asked or knows no SQL"),
  statements: z.array(z.object({ title: z.string(), sql: z.string(), shown: z.string().describe("with bound values in place") })),
});
export type PlanShape = z.input<typeof planShape>;

export const appliedShape = z.object({
  detectorId: z.string(),
  detector: z.string(),
  action: z.enum(["created", "updated", "unchanged"]),
  relearns: z.boolean(),
  status: z.string(),
  warnings: z.array(warningShape),
});
export type AppliedShape = z.input<typeof appliedShape>;
