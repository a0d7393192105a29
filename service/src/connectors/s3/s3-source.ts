import { previousIntervalStart } from "@foretop/engine";
import { asInterrupted, awsSourceError } from "../../aws/aws-error.ts";
import { adviceOf, describeError, SourceError } from "../../telemetry/errors.ts";
import type { BoundQuery, Column, DatasetNeeds, ReadOptions, RowBatch, Source, SourceFinding } from "../connector.ts";
import { DETECT_BYTES, detectFormat } from "../files/detect-format.ts";
import type { DetectedFormat } from "../files/detect-format.ts";
import type { RowFormat } from "../files/file-format.ts";
import { ColumnBatch } from "../files/column-batch.ts";
import { declaredColumns } from "../files/needed-columns.ts";
import type { Bucket, ObjectInfo } from "../../aws/bucket.ts";
import { fileRows } from "./file-rows.ts";
import { findFiles } from "./find-files.ts";
import type { FileGroup, FileSearch } from "./find-files.ts";
import type { PathTemplate } from "./path-template.ts";
import type { S3Settings } from "./s3-settings.ts";

export interface S3Place {
  readonly bucket: Bucket;
  readonly template: PathTemplate;
  readonly historical: { readonly bucket: Bucket; readonly prefix: string } | null;
}

export interface FoundFile {
  readonly bucket: Bucket;
  readonly file: ObjectInfo;
}

/** A file with what it is. */
export interface FileSample {
  /** s3://bucket/key */
  readonly place: string;
  readonly detected: DetectedFormat;
}

/** Knows no SQL: a query's parameters are the range of time whose files are read. */
export class S3Source implements Source {
  readonly dialect = "files";
  readonly #settings: S3Settings;
  readonly #place: S3Place;
  readonly #zone: string;
  readonly #dataset: DatasetNeeds | null;

  constructor(settings: S3Settings, place: S3Place, { zone, dataset }: { zone: string; dataset: DatasetNeeds | null }) {
    this.#settings = settings;
    this.#place = place;
    this.#zone = zone;
    this.#dataset = dataset;
  }

  /** Of the newest file; what the dataset needs where there is none yet. */
  async describe(query: BoundQuery, { signal, timeoutMs = DESCRIBE_MS_MAX }: { signal?: AbortSignal; timeoutMs?: number } = {}): Promise<readonly Column[]> {
    return this.#limited("asking for the files' columns", timeoutMs, signal, async (stop) => {
      const found = await this.newestFile(query.parameters[1]!, stop);
      if (found === null) {
        if (this.#dataset !== null) return declaredColumns(this.#dataset);
        throw new SourceError(`there is no file yet below ${this.#place.bucket.place(this.#place.template.staticPrefix)}`, { code: "NOT_FOUND", transient: true, advice: "Check path and historicalPath in the source's settings." });
      }
      let columns: readonly Column[] = [];
      const format = await this.#formatOf(found, stop);
      for await (const _ of this.#fileRows(found, format, { rowsPerBatch: 1, columns: null, onColumns: (told) => (columns = told), signal: stop })) break;
      return columns;
    });
  }

  /** Its first bytes and what they tell; null when there is no file. */
  async sample(untilMs: number, signal?: AbortSignal): Promise<FileSample | null> {
    return this.#limited("looking at a file", DESCRIBE_MS_MAX, signal, async (stop) => {
      const found = await this.newestFile(untilMs, stop);
      return found === null ? null : { place: found.bucket.place(found.file.key), detected: await detected(found, stop) };
    });
  }

  async *read(query: BoundQuery, { rowsPerBatch, timeoutMs, signal, onStatement, onColumns }: ReadOptions): AsyncGenerator<RowBatch, void, undefined> {
    const limit = new Limit("reading files", timeoutMs, signal);
    let hasRows = false;
    try {
      limit.throwIfStopped();
      const [startMs, endMs] = query.parameters as [number, number]; // bindQuery gives the two
      onStatement?.(`files of ${this.#settings.path}`);
      const groups = await findFiles({ startMs, endMs }, this.#search(limit.signal));
      let columns: readonly Column[] | null = null;
      let format: RowFormat | null = this.#configuredFormat();
      const ahead = new Ahead(groups, limit.signal);
      for (const group of groups) {
        for (const file of group.files) {
          if (file.bytes === 0) continue; // markers, and files without even a header
          const found = { bucket: group.bucket, file };
          format ??= await this.#formatOf(found, limit.signal);
          const isFirst = columns === null;
          const rows = this.#fileRows(found, format, {
            rowsPerBatch,
            columns,
            signal: limit.signal,
            bytes: ahead.take(file),
            onColumns: (told) => {
              columns = told;
              if (isFirst) onColumns?.(told);
            },
          });
          for await (const batch of rows) {
            limit.throwIfStopped();
            hasRows = true;
            yield batch instanceof ColumnBatch ? batch.standingFor(group.within) : { ...batch, within: group.within };
          }
        }
      }
      limit.throwIfStopped();
      if (columns === null) onColumns?.(this.#dataset === null ? [] : declaredColumns(this.#dataset));
    } catch (error) {
      throw limit.errorFrom(error, { hasRows });
    } finally {
      limit.end();
    }
  }

  async check(query: BoundQuery | null, timestampColumn: string | null): Promise<readonly SourceFinding[]> {
    const findings: SourceFinding[] = [];
    const { bucket, template } = this.#place;
    try {
      for await (const _ of bucket.list(template.staticPrefix)) break;
      findings.push({ check: "connects", level: "ok", message: `listed ${bucket.place(template.staticPrefix)}`, advice: null });
    } catch (error) {
      return [{ check: "connects", level: "error", message: describeError(error), advice: adviceOf(error) ?? "Check the source's settings." }];
    }
    if (query === null) return findings;
    try {
      const found = await this.newestFile(query.parameters[1]!);
      if (found === null) {
        findings.push({ check: "reads", level: "warning", message: `there is no file yet for ${this.#settings.path}`, advice: "Check path and historicalPath: folders are named by an interval's start, in the dataset's zone." });
        return findings;
      }
      const names = (await this.describe(query)).map(({ name }) => name);
      const isMissing = timestampColumn !== null && !names.some((name) => name.toLowerCase() === timestampColumn.toLowerCase());
      const place = found.bucket.place(found.file.key);
      findings.push(
        isMissing
          ? { check: "reads", level: "error", message: `${place} has no column ${timestampColumn}; it has ${names.join(", ")}`, advice: "Name the timestamp's column in the configuration." }
          : { check: "reads", level: "ok", message: `${place} is read and has ${names.join(", ")}`, advice: null },
      );
    } catch (error) {
      findings.push({ check: "reads", level: "error", message: describeError(error), advice: adviceOf(error) ?? "Correct the source's settings." });
    }
    return findings;
  }

  /** Of the last intervals before `untilMs`, else of the historical folder, else any below the path. */
  async newestFile(untilMs: number, signal?: AbortSignal): Promise<FoundFile | null> {
    const { bucket, template, historical } = this.#place;
    const { frequency, ...search } = this.#search(signal);
    let startMs = untilMs;
    for (let i = 0; i < LOOK_BACK_INTERVALS; i++) startMs = previousIntervalStart(startMs, frequency, this.#zone);
    const groups = await findFiles({ startMs, endMs: untilMs }, { ...search, frequency, historical: null });
    for (const group of groups.toReversed()) {
      const file = group.files.findLast(({ bytes }) => bytes > 0);
      if (file !== undefined) return { bucket: group.bucket, file };
    }
    if (historical !== null) {
      let newest: ObjectInfo | null = null;
      for await (const file of historical.bucket.list(historical.prefix, { isFlat: true, ...(signal && { signal }) })) if (file.bytes > 0 && (newest === null || file.modifiedMs >= newest.modifiedMs)) newest = file;
      if (newest !== null) return { bucket: historical.bucket, file: newest };
    }
    for await (const file of bucket.list(template.staticPrefix, { ...(signal && { signal }) })) if (file.bytes > 0) return { bucket, file };
    return null;
  }

  async close(): Promise<void> {
    this.#place.bucket.close();
    this.#place.historical?.bucket.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #search(signal?: AbortSignal): FileSearch {
    return { ...this.#place, frequency: this.#dataset?.frequency ?? "PT1H", zone: this.#zone, filesMax: this.#settings.filesMax, signal };
  }

  #configuredFormat(): RowFormat | null {
    const { format } = this.#settings;
    if (format === undefined) return null;
    switch (format.kind) {
      case "csv":
        return { kind: "csv", delimiter: format.delimiter, quote: format.quote === "" ? null : format.quote, hasHeader: format.header, columns: format.header ? null : (format.columns ?? []), charset: format.charset, compression: format.compression ?? "none" };
      case "json":
        return { kind: "json", charset: format.charset, compression: format.compression ?? "none" };
      case "parquet":
        return format;
    }
  }

  async #formatOf(found: FoundFile, signal: AbortSignal): Promise<RowFormat> {
    return this.#configuredFormat() ?? (await detected(found, signal)).format;
  }

  async *#fileRows(
    { bucket, file }: FoundFile,
    format: RowFormat,
    options: { rowsPerBatch: number; columns: readonly Column[] | null; onColumns: (columns: readonly Column[]) => void; signal: AbortSignal; bytes?: AsyncIterable<Uint8Array> | undefined },
  ): AsyncGenerator<RowBatch, void, undefined> {
    const place = bucket.place(file.key);
    const mb = file.bytes / 1e6;
    if (mb > this.#settings.objectMbMax) throw new SourceError(`${place} has ${Math.ceil(mb)} MB, more than ${this.#settings.objectMbMax} (objectMbMax)`, { code: "LIMIT", transient: false, advice: "Write smaller files, or raise objectMbMax in the source's settings." });
    const { format: configured } = this.#settings;
    yield* fileRows({
      place,
      format,
      compression: configured !== undefined && configured.kind !== "parquet" ? (configured.compression ?? null) : null,
      needs: this.#dataset,
      zone: this.#zone,
      ...options,
      bytes: options.bytes ?? bucket.read(file, { signal: options.signal }),
    });
  }

  async #limited<T>(doing: string, timeoutMs: number, signal: AbortSignal | undefined, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
    const limit = new Limit(doing, timeoutMs, signal);
    try {
      limit.throwIfStopped();
      return await work(limit.signal);
    } catch (error) {
      throw limit.errorFrom(error);
    } finally {
      limit.end();
    }
  }
}

const DESCRIBE_MS_MAX = 30_000;
const LOOK_BACK_INTERVALS = 48;

async function detected({ bucket, file }: FoundFile, signal: AbortSignal): Promise<DetectedFormat> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bucket.read(file, { signal, bytesMax: DETECT_BYTES })) pieces.push(piece);
  return detectFormat(Buffer.concat(pieces));
}

/** Small files are fetched before it is their turn: a history of many of them would wait for the network most of the time. */
const AHEAD_FILES_MAX = 8;
const AHEAD_BYTES_MAX = 1_000_000;

class Ahead {
  readonly #waiting: { bucket: Bucket; file: ObjectInfo }[];
  readonly #fetched = new Map<ObjectInfo, Promise<Buffer>>();
  readonly #signal: AbortSignal;

  constructor(groups: readonly FileGroup[], signal: AbortSignal) {
    this.#waiting = groups.flatMap(({ bucket, files }) => files.filter(({ bytes }) => bytes > 0 && bytes <= AHEAD_BYTES_MAX).map((file) => ({ bucket, file })));
    this.#waiting.reverse();
    this.#signal = signal;
  }

  /** The file's bytes if it is a small one. The next ones are under way when this returns. */
  take(file: ObjectInfo): AsyncIterable<Uint8Array> | undefined {
    while (this.#fetched.size < AHEAD_FILES_MAX && this.#waiting.length > 0) {
      const next = this.#waiting.pop()!;
      const bytes = whole(next.bucket.read(next.file, { signal: this.#signal }));
      bytes.catch(() => {}); // it is awaited, or the caller has left
      this.#fetched.set(next.file, bytes);
    }
    const fetched = this.#fetched.get(file);
    if (fetched === undefined) return undefined;
    this.#fetched.delete(file);
    return (async function* () {
      yield await fetched;
    })();
  }
}

async function whole(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The caller's signal and the time limit in one, and which of the two it was. */
class Limit {
  readonly #doing: string;
  readonly #timeoutMs: number;
  readonly #given: AbortSignal | undefined;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #timedOut = false;
  readonly #stop = (): void => this.#controller.abort();

  constructor(doing: string, timeoutMs: number, signal: AbortSignal | undefined) {
    this.#doing = doing;
    this.#timeoutMs = timeoutMs;
    this.#given = signal;
    this.#timer = setTimeout(() => {
      this.#timedOut = true;
      this.#controller.abort();
    }, timeoutMs);
    if (signal?.aborted === true) this.#stop();
    signal?.addEventListener("abort", this.#stop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  throwIfStopped(): void {
    this.signal.throwIfAborted();
  }

  /** @param hasRows  some have been given: what comes now is a reading that broke off */
  errorFrom(error: unknown, { hasRows = false }: { hasRows?: boolean } = {}): unknown {
    if (this.#given?.aborted === true) return new SourceError(`${this.#doing} was cancelled`, { code: "CANCELLED", transient: true, cause: error });
    if (this.#timedOut) {
      return new SourceError(`${this.#doing} took longer than its time limit of ${this.#timeoutMs / 1000} s (limits.querySecondsMax)`, { code: "TIMEOUT", transient: true, advice: "Fewer, larger files help most; else raise limits.querySecondsMax.", cause: error });
    }
    const told = awsSourceError(error, { doing: this.#doing });
    return hasRows ? asInterrupted(told) : told;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#given?.removeEventListener("abort", this.#stop);
    this.#controller.abort(); // what was fetched ahead
  }
}
