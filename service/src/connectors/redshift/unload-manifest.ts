/**
 * What UNLOAD … MANIFEST VERBOSE says that it wrote.
 * https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD_command_examples.html
 */
import { z } from "zod";
import { SourceError } from "../../telemetry/errors.ts";
import type { Column } from "../connector.ts";
import { columnOf } from "./cell-types.ts";

const manifestSchema = z.object({
  entries: z.array(z.object({ url: z.string(), meta: z.object({ content_length: z.int().nonnegative(), record_count: z.int().nonnegative() }) })).max(100_000),
  schema: z.object({ elements: z.array(z.object({ name: z.string(), type: z.object({ base: z.string() }) })).min(1) }),
  meta: z.object({ record_count: z.int().nonnegative() }),
});

export interface UnloadManifest {
  readonly columns: readonly Column[];
  readonly files: readonly UnloadedFile[];
  readonly rows: number;
}

export interface UnloadedFile {
  readonly url: string;
  readonly bytes: number;
  readonly rows: number;
}

/** Throws SourceError for what is no manifest, or one whose files don't add up. */
export function parseManifest(text: string, prefix: string): UnloadManifest {
  const refuse = (what: string): SourceError => new SourceError(`the manifest of ${prefix} ${what}`, { code: "SHAPE", transient: true, advice: "It is unloaded again." });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SourceError(`the manifest of ${prefix} is not JSON`, { code: "SHAPE", transient: true, advice: "It is unloaded again.", cause });
  }
  const checked = manifestSchema.safeParse(value);
  if (!checked.success) throw refuse(`is not as expected: ${checked.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).slice(0, 3).join("; ")}`);
  const { entries, schema, meta } = checked.data;
  const rows = entries.reduce((sum, entry) => sum + entry.meta.record_count, 0);
  if (rows !== meta.record_count) throw refuse(`counts ${meta.record_count} rows, its files ${rows}`);
  const stranger = entries.find(({ url }) => !url.startsWith(prefix));
  if (stranger !== undefined) throw refuse(`names ${stranger.url}, which is elsewhere`);
  return {
    columns: schema.elements.map(({ name, type }) => columnOf(name, type.base)),
    files: entries.map(({ url, meta: { content_length, record_count } }) => ({ url, bytes: content_length, rows: record_count })),
    rows,
  };
}
