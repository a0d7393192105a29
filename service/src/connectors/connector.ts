/**
 * The contract of a connector: one kind of database. A folder of three files implements it, the shared suite
 * (connector-contract.ts) holds it to it. Connectors know nothing of detectors, intervals or measures: they get a
 * statement with bound instants and give rows.
 */
import type { Frequency } from "@foretop/engine";
import type { z } from "zod";
import type { Interval } from "../crawl/batch.ts";
import type { Secrets } from "../secrets/secrets.ts";

export interface Connector<Settings = unknown> {
  readonly kind: string;
  /** declared once as data: validation, docs, JSON Schema and the CLI's questions come from it */
  readonly settings: z.ZodType<Settings>;
  /** What its sources speak unless one says otherwise once connected (`Source.dialect`). */
  readonly dialect: "postgres" | "redshift" | "mysql" | "duckdb" | "files";
  /** Connects. Secrets are resolved here and stay here. */
  open(settings: Settings, context: SourceContext): Promise<Source>;
  /** The least that the source's user has to be allowed, to be granted by somebody else: `foretop source policy`. */
  policyFor?(settings: Settings, reads: PolicyReads): readonly SourcePolicy[];
}

export interface PolicyReads {
  /** tables or views that the query names, as written, schema included */
  readonly tables: readonly string[];
}

/** A text to copy: an IAM policy document, SQL grants, or words. */
export interface SourcePolicy {
  readonly title: string;
  readonly kind: "iam" | "sql" | "text";
  readonly text: string;
}

export interface SourceContext {
  readonly secrets: Secrets;
  /** IANA zone of the dataset: the session's time zone, so that naive and zoned columns compare rightly */
  readonly zone: string;
  /** what is read for; sources of files need it to know which files and columns are meant, databases don't */
  readonly dataset?: DatasetNeeds;
  readonly signal?: AbortSignal;
}

/** The part of a dataset's configuration that a source of files needs. */
export interface DatasetNeeds {
  readonly frequency: Frequency;
  readonly timestamp: { readonly column: string; readonly format: string | null };
  /** columns whose cells are numbers */
  readonly numbers: readonly string[];
  /** columns whose cells are texts, or only counted */
  readonly texts: readonly string[];
}

/** A statement as the user wrote it, plus where the interval's bounds go. */
export interface BoundQuery {
  /** final text with the dialect's placeholders; never contains a value */
  readonly sql: string;
  /** instants in order of the placeholders, epoch ms */
  readonly parameters: readonly number[];
}

export type ColumnType = "number" | "text" | "timestamp" | "timestamptz" | "date" | "boolean" | "other";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** the database's own name for the type, for messages */
  readonly nativeType: string;
  /** of an exact type (integer, decimal) whose digits after the point are known; floating point has none */
  readonly exact?: ExactType;
}

/** A cell is an integer / 10^scale. */
export interface ExactType {
  /** digits in all; null = not known */
  readonly precision: number | null;
  /** digits after the point, 0 … SCALE_MAX */
  readonly scale: number;
}

/** 10^scale is exact as a double up to here. */
export const SCALE_MAX = 22;

/**
 * A cell as the crawler understands it: numbers are numbers (decimals and bigints turned into numbers by the
 * connector, once, on purpose), timestamps stay text in ISO form (naive ones without zone), null is null.
 */
export type Cell = number | string | boolean | null;

/**
 * One column of a batch, as plain numbers: no row, no boxed number and no text is made for a cell.
 *
 * - "number": the number
 * - "text": its place in `texts`
 * - "clock": what a clock shows, as ms as if it were UTC's; the text is its ISO form with `separator` and, if `isUtc`, a Z
 */
export interface CellColumn {
  readonly kind: "number" | "text" | "clock";
  /** [row] */
  readonly values: Float64Array;
  /** [row] CELL_OWN: as `kind` says; CELL_NULL; CELL_TEXT: a text of its own, in `odd` */
  readonly states: Uint8Array;
  /** those of the file so far; grows, never changes */
  readonly texts: readonly string[];
  readonly odd: ReadonlyMap<number, string>;
  readonly separator: string;
  readonly isUtc: boolean;
}

export const CELL_OWN = 0;
export const CELL_NULL = 1;
export const CELL_TEXT = 2;

export interface RowBatch {
  /** rows of cells in the order of `columns` */
  readonly rows: readonly (readonly Cell[])[];
  /** The same as columns, from sources that read bytes: then `rows` are made when they are asked for. Valid until the next batch is asked for. */
  readonly columns?: readonly CellColumn[];
  /** how many rows; absent: those of `rows` */
  readonly count?: number;
  /** bytes as received or estimated */
  readonly bytes: number;
  /** a folder stands for its intervals: rows of others don't count, even if the reading asks for those, too */
  readonly within?: readonly Interval[];
}

export interface ReadOptions {
  readonly rowsPerBatch: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** called once, before the first row, with the id under which the source knows the statement */
  readonly onStatement?: (statementId: string) => void;
  /** called once, before the first row */
  readonly onColumns?: (columns: readonly Column[]) => void;
  /** Which work the reading is part of; none for samples. For sources whose statements outlive a process that died. */
  readonly work?: ReadWork;
}

export interface ReadWork {
  /** the same for every attempt at this detector's range: two statements of one key must never run at a time */
  readonly key: string;
  /** of this attempt, as in the ledger */
  readonly attemptId: string;
  /** what is read, epoch ms; half-open */
  readonly range: { readonly startMs: number; readonly endMs: number };
  readonly isHistory: boolean;
}

export interface Source extends AsyncDisposable {
  /** what this server speaks, known after connecting: Redshift answers to PostgreSQL's protocol */
  readonly dialect: Connector["dialect"];
  /** why a statement may not be wrapped in one that aggregates (crawl/plan-aggregation.ts); null or absent = it may */
  readonly rowsOnly?: string | null;
  /** its rows come without how many digits decimals have, which `describe` tells: then it is asked even where rows are read */
  readonly tellsDigitsApart?: boolean;
  /** The columns of the result, without reading rows. Throws SourceError. */
  describe(query: BoundQuery, options?: { signal?: AbortSignal; timeoutMs?: number }): Promise<readonly Column[]>;
  /** Rows as a stream with bounded memory; cancelled at the source on abort or early return. Throws SourceError. */
  read(query: BoundQuery, options: ReadOptions): AsyncIterable<RowBatch>;
  /** Tables and views that may be read, as a query names them, at most TABLES_LISTED_MAX. A source without tables has none of this. */
  tables?(options?: { signal?: AbortSignal }): Promise<readonly string[]>;
  /** What doctor asks: connects? may read? too powerful? clock? Never throws for a finding. */
  check(query: BoundQuery | null, timestampColumn: string | null): Promise<readonly SourceFinding[]>;
  close(): Promise<void>;
}

export const TABLES_LISTED_MAX = 1000;

export interface SourceFinding {
  readonly check: "connects" | "reads" | "role" | "index" | "clock" | "version" | "aggregation";
  readonly level: "ok" | "warning" | "error";
  readonly message: string;
  /** what to do */
  readonly advice: string | null;
}
