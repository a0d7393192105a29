import { z } from "zod";
import { awsSettingsShape } from "../../aws/aws-settings.ts";
import { UserError } from "../../telemetry/errors.ts";
import { isKnownCharset } from "../files/text-pieces.ts";
import { splitS3Path } from "../../aws/split-s3-path.ts";
import { compilePathTemplate } from "./path-template.ts";

const COLUMNS_MAX = 1000;
const oneByte = z.string().regex(/^[\0-\x7f]$/, "must be one character of ASCII"); // oxlint-disable-line no-control-regex -- control characters are delimiters, too
const charset = z.string().max(63).refine(isKnownCharset, "is not a known charset; e.g. utf-8, windows-1252, iso-8859-1, utf-16le").default("utf-8").describe("what text files are written in");
const compression = z.enum(["none", "gzip"]).describe("default: gzip where the first bytes say so");

const format = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("csv"),
    delimiter: oneByte.refine((text) => text !== "\n" && text !== "\r", "can't be a line break").default(",").describe("between cells"),
    quote: z.union([oneByte, z.literal("")]).default('"').describe("around cells; empty: nothing is quoted"),
    header: z.boolean().default(true).describe("the first line names the columns"),
    columns: z.array(z.string().min(1).max(128)).min(1).max(COLUMNS_MAX).optional().describe("the columns' names, where there is no header"),
    charset,
    compression: compression.optional(),
  }),
  z.strictObject({ kind: z.literal("json"), charset, compression: compression.optional() }).describe("JSON Lines: one object a line"),
  z.strictObject({ kind: z.literal("parquet") }),
]);

/** A path's own complaint, as one of the settings'. */
function usable(check: (path: string) => void) {
  return (path: string, context: z.RefinementCtx): void => {
    try {
      check(path);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      context.addIssue({ code: "custom", message: `${error.message}. ${error.advice ?? ""}`.trim() });
    }
  };
}

/** Declared once: validation, JSON Schema, docs and the CLI's questions come from it. */
export const s3Settings = z
  .strictObject({
    ...awsSettingsShape,
    path: z
      .string()
      .min(1)
      .superRefine(usable((path) => void compilePathTemplate(path)))
      .describe("folder of an interval's files, e.g. s3://bucket/live/{{yyyyMMdd}}/{{HHmm}}/; the time is the interval's start in the dataset's zone"),
    historicalPath: z
      .string()
      .min(1)
      .superRefine(usable((path) => void splitS3Path(path)))
      .optional()
      .describe("folder of older files, for intervals whose own folder has none; default: the interval folders of the past"),
    format: format.optional().describe("how the files are written; default: found out from the newest"),
    filesMax: z.int().min(1).max(1_000_000).default(100_000).describe("files of one reading"),
    objectMbMax: z.int().min(1).max(100_000).default(2048).describe("size of one file as it is stored"),
    profile: z.string().min(1).max(128).optional().describe("profile of the AWS configuration files, instead of the default"),
  })
  .superRefine((settings, context) => {
    if (settings.format?.kind === "csv" && !settings.format.header && settings.format.columns === undefined) {
      context.addIssue({ code: "custom", path: ["format", "columns"], message: "columns is missing: without a header the columns need names" });
    }
    if (settings.profile !== undefined && settings.credentials !== undefined) context.addIssue({ code: "custom", path: ["profile"], message: "profile and credentials are both given: it is one of them" });
  })
  .describe("Files in Amazon S3 (or what speaks its protocol): CSV, JSON Lines, Parquet, in a folder per interval.");

export type S3Settings = z.infer<typeof s3Settings>;
