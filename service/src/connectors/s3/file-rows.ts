/** One object of S3 → batches of cells, in the columns of the reading. */
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SourceError } from "../../telemetry/errors.ts";
import type { Cell, Column, DatasetNeeds, RowBatch } from "../connector.ts";
import { CsvParser } from "../files/csv-parser.ts";
import { openEngine } from "../files/engine.ts";
import { engineError } from "../files/engine-error.ts";
import { columnsOf, engineRows } from "../files/engine-rows.ts";
import type { Compression, RowFormat } from "../files/file-format.ts";
import { JsonLinesParser } from "../files/json-lines-parser.ts";
import { neededColumns, sameColumns } from "../files/needed-columns.ts";
import { textPieces } from "../files/text-pieces.ts";
import { quoteName } from "../sql/quote-name.ts";

export interface FileToRead {
  /** s3://bucket/key, for messages */
  readonly place: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly format: RowFormat;
  /** as configured; null: as the first bytes say */
  readonly compression: Compression | null;
  readonly needs: DatasetNeeds | null;
  /** of the files before it */
  readonly columns: readonly Column[] | null;
  readonly zone: string;
  readonly rowsPerBatch: number;
  /** called once, before the first row */
  readonly onColumns: (columns: readonly Column[]) => void;
  readonly signal: AbortSignal;
}

export async function* fileRows(file: FileToRead): AsyncGenerator<RowBatch, void, undefined> {
  if (file.format.kind === "parquet") yield* parquetRows(file);
  else yield* textRows(file, file.format);
}

async function* textRows({ place, bytes, compression, needs, columns, rowsPerBatch, onColumns }: Omit<FileToRead, "format">, format: Exclude<RowFormat, { kind: "parquet" }>): AsyncGenerator<RowBatch, void, undefined> {
  const options = { file: place, needs, ...(columns !== null && { columns }) };
  const parser = format.kind === "csv" ? new CsvParser(format, options) : new JsonLinesParser(options);
  const counted = new Counted(bytes);
  const start = await counted.start();
  const packed = compression ?? (start[0] === 0x1f && start[1] === 0x8b ? "gzip" : "none");
  let isTold = false;
  const tell = (): void => {
    if (isTold || parser.columns === null) return;
    isTold = true;
    onColumns(parser.columns);
  };
  const pieces = textPieces(counted.all(), { file: place, charset: format.charset, compression: packed });
  if (parser instanceof CsvParser) {
    const parse = function* (piece: Buffer, isLast: boolean): Generator<RowBatch> {
      const batch = parser.pushColumns(piece, isLast);
      tell();
      for (let from = 0; from < batch.count; from += rowsPerBatch) yield batch.slice(from, Math.min(from + rowsPerBatch, batch.count), counted.take());
    };
    for await (const piece of pieces) yield* parse(piece, false);
    yield* parse(Buffer.alloc(0), true);
    return;
  }
  let waiting: Cell[][] = [];
  const take = function* (rows: Cell[][], isLast: boolean): Generator<RowBatch> {
    tell();
    waiting = waiting.length === 0 ? rows : waiting.concat(rows);
    let from = 0;
    while (waiting.length - from >= rowsPerBatch || (isLast && from < waiting.length)) {
      yield { rows: waiting.slice(from, from + rowsPerBatch), bytes: counted.take() };
      from += rowsPerBatch;
    }
    waiting = waiting.slice(from);
  };
  for await (const piece of pieces) yield* take(parser.push(piece, false), false);
  yield* take(parser.push(Buffer.alloc(0), true), true);
}

/** Counts what is read, and looks at the first piece before the rest. */
class Counted {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #first: Uint8Array | null = null;
  #bytes = 0;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#iterator = bytes[Symbol.asyncIterator]();
  }

  async start(): Promise<Uint8Array> {
    const { value, done } = await this.#iterator.next();
    this.#first = done === true ? new Uint8Array(0) : value;
    return this.#first;
  }

  /** Bytes since the last call; at least 1, so that no batch counts as nothing. */
  take(): number {
    const bytes = Math.max(1, this.#bytes);
    this.#bytes = 0;
    return bytes;
  }

  async *all(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let piece: Uint8Array | null = this.#first; piece !== null; ) {
        this.#bytes += piece.length;
        if (piece.length > 0) yield piece;
        const { value, done } = await this.#iterator.next();
        piece = done === true ? null : value;
      }
    } finally {
      await this.#iterator.return?.();
    }
  }
}

const ENGINE = { threads: 1, memoryMbMax: 1024 } as const;

/** Parquet's directory is at its end: the file is kept on disk while it is read. */
async function* parquetRows({ place, bytes, needs, columns: before, zone, rowsPerBatch, onColumns, signal }: FileToRead): AsyncGenerator<RowBatch, void, undefined> {
  const folder = await mkdtemp(join(tmpdir(), "foretop-s3-"));
  try {
    const path = join(folder, "rows.parquet");
    await pipeline(Readable.from(bytes, { objectMode: true }), createWriteStream(path, { mode: 0o600 }), { signal });
    const doing = `reading ${place}`;
    try {
      const engine = await openEngine([{ name: "rows", format: "parquet", files: [path] }], { zone, ...ENGINE });
      const interrupt = (): void => engine.connection.interrupt();
      signal.addEventListener("abort", interrupt, { once: true });
      try {
        const names = (await columnsOf(engine.connection, { sql: "select * from rows", parameters: [] })).map(({ name }) => name);
        const { places } = before === null ? neededColumns(names, [], needs) : sameColumns(before, names, place);
        const sql = `select ${places.map((at) => quoteName(names[at]!)).join(", ")} from rows`;
        yield* engineRows(engine.connection, { sql, parameters: [] }, { rowsPerBatch, onColumns });
      } finally {
        signal.removeEventListener("abort", interrupt);
        engine.close();
      }
    } catch (error) {
      throw error instanceof SourceError ? error : engineError(hidden(error, path, place), { doing });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** People know the object, not where we kept it. */
function hidden(error: unknown, path: string, place: string): unknown {
  return error instanceof Error ? new Error(error.message.replaceAll(path, place)) : error;
}
