/**
 * Two configurations are the same when their canonical JSON is: keys sorted, names of files left out (a query is its
 * text, wherever it is kept), line ends and blanks at the ends of a query's lines ignored.
 */
import { createHash } from "node:crypto";
import type { DetectorConfig } from "./detector.ts";

/** SHA-256 in hex. */
export function configHash(config: DetectorConfig): string {
  return createHash("sha256").update(canonicalJson(comparable(config))).digest("hex");
}

/** The configuration as it is compared: without file names, queries normalised. */
export function comparable(config: DetectorConfig): DetectorConfig {
  const { query } = config;
  return {
    ...config,
    query:
      query.kind === "files"
        ? query
        : query.kind === "bound"
        ? { kind: "bound", sql: normalised(query.sql), file: null }
        : {
            kind: "pinned",
            historicalSql: normalised(query.historicalSql),
            historicalFile: null,
            continuousSql: query.continuousSql === null ? null : normalised(query.continuousSql),
            continuousFile: null,
          },
  };
}

/** JSON with sorted keys and without undefined members; equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

function normalised(sql: string): string {
  return sql
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .join("\n")
    .trim();
}
