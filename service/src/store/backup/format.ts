/**
 * What is in a backup, a tar:
 *
 *   manifest.json                 which Foretop made it when, and the schema of the tables
 *   tables/NN-NAME/PART.jsonl.zst rows: a line each, every value as PostgreSQL's text or null
 *   segments/PATH                 the files that the rows name, byte for byte
 *   end.json                      how much there was of each: a backup without it is not whole
 *
 * Tables come in an order in which no row refers to a later one.
 */
export const BACKUP_FORMAT = 1;
export const MANIFEST = "manifest.json";
export const END = "end.json";
export const SEGMENTS = "segments/";

export interface BackupManifest {
  readonly format: number;
  /** version of the Foretop that made it */
  readonly foretop: string;
  /** number of the newest migration of the tables */
  readonly schema: number;
  /** epoch ms */
  readonly madeMs: number;
  readonly tables: readonly BackupTable[];
}

export interface BackupTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

export interface BackupEnd {
  /** rows by table */
  readonly rows: Readonly<Record<string, number>>;
  readonly segments: number;
  /** SHA-256 in hex over the contents of all files before this one, in order */
  readonly sha256: string;
}

export function partName(index: number, table: string, part: number): string {
  return `tables/${String(index).padStart(2, "0")}-${table}/${String(part).padStart(6, "0")}.jsonl.zst`;
}

/** The table that a file of the tar holds rows of; null for other files. */
export function tableOf(name: string): string | null {
  return /^tables\/\d+-([a-z_]+)\/\d+\.jsonl\.zst$/.exec(name)?.[1] ?? null;
}
