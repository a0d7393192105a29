/**
 * What is read, also written to S3 as the original connector did it, for whoever reads it there: CSV with a header, a folder for
 * each interval, named by its **start** in the dataset's zone. One object, which appears whole or not at all and replaces that
 * of an earlier reading.
 */
import { AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, PutObjectCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import type { S3Client } from "@aws-sdk/client-s3";
import { awsSourceError } from "../../aws/aws-error.ts";
import type { Cell, Column, ReadWork, RowBatch } from "../connector.ts";
import type { RedshiftSettings } from "./redshift-settings.ts";
import { locationOf } from "./s3-location.ts";
import type { S3Location } from "./s3-location.ts";

export type PublishSettings = NonNullable<RedshiftSettings["publish"]>;

/** Parts but the last have 5 MiB at least, and there are 10,000 at most: enough for 80 GB. */
const PART_BYTES = 8 * 1024 ** 2;
const FILE_NAME = "data.csv";

/** Null when this reading has no place there: a sample, or a history without a folder for it. */
export function publishedLocation({ live, history }: PublishSettings, work: ReadWork | undefined, zone: string): S3Location | null {
  if (work === undefined) return null;
  if (work.isHistory) return history === undefined ? null : locationOf(`${history}${FILE_NAME}`);
  const { day, minute } = localParts(work.range.startMs, zone);
  return locationOf(`${live}${day}/${minute}/${FILE_NAME}`);
}

/** Passes the rows on; when the last is through, the object is there. Left in the middle, it is not. */
export async function* publishRows(s3: S3Client, at: S3Location, columns: () => readonly Column[], batches: AsyncIterable<RowBatch>, signal?: AbortSignal): AsyncGenerator<RowBatch, void, undefined> {
  const object = new GrowingObject(s3, at, signal);
  let isWhole = false;
  try {
    let isFirst = true;
    for await (const batch of batches) {
      if (isFirst) object.append(csvLine(columns().map(({ name }) => name)));
      isFirst = false;
      object.append(batch.rows.map(csvLine).join(""));
      await object.flush();
      yield batch;
    }
    if (isFirst) object.append(csvLine(columns().map(({ name }) => name)));
    await object.complete();
    isWhole = true;
  } catch (error) {
    throw awsSourceError(error, { doing: `writing s3://${at.bucket}/${at.key}`, ...(signal && { signal }) });
  } finally {
    if (!isWhole) await object.abandon();
  }
}

/** Small ones by one PUT, large ones in parts. */
class GrowingObject {
  readonly #s3: S3Client;
  readonly #target: { readonly Bucket: string; readonly Key: string };
  readonly #abort: { readonly abortSignal?: AbortSignal };
  readonly #parts: { PartNumber: number; ETag: string | undefined }[] = [];
  #uploadId: string | undefined;
  #pending: string[] = [];
  #pendingLength = 0;

  constructor(s3: S3Client, { bucket, key }: S3Location, signal?: AbortSignal) {
    this.#s3 = s3;
    this.#target = { Bucket: bucket, Key: key };
    this.#abort = signal === undefined ? {} : { abortSignal: signal };
  }

  append(text: string): void {
    this.#pending.push(text);
    this.#pendingLength += text.length;
  }

  async flush(): Promise<void> {
    if (this.#pendingLength >= PART_BYTES) await this.#uploadPart();
  }

  async complete(): Promise<void> {
    if (this.#uploadId === undefined) {
      await this.#s3.send(new PutObjectCommand({ ...this.#target, Body: this.#take(), ContentType: "text/csv; charset=utf-8" }), this.#abort);
      return;
    }
    if (this.#pendingLength > 0) await this.#uploadPart();
    await this.#s3.send(new CompleteMultipartUploadCommand({ ...this.#target, UploadId: this.#uploadId, MultipartUpload: { Parts: this.#parts } }), this.#abort);
  }

  async abandon(): Promise<void> {
    if (this.#uploadId === undefined) return;
    // Should this fail, too, a lifecycle rule of the bucket clears it up; nobody can see it.
    await this.#s3.send(new AbortMultipartUploadCommand({ ...this.#target, UploadId: this.#uploadId })).catch(() => {});
  }

  async #uploadPart(): Promise<void> {
    this.#uploadId ??= (await this.#s3.send(new CreateMultipartUploadCommand({ ...this.#target, ContentType: "text/csv; charset=utf-8" }), this.#abort)).UploadId;
    const PartNumber = this.#parts.length + 1;
    const { ETag } = await this.#s3.send(new UploadPartCommand({ ...this.#target, UploadId: this.#uploadId, PartNumber, Body: this.#take() }), this.#abort);
    this.#parts.push({ PartNumber, ETag });
  }

  #take(): Buffer {
    const bytes = Buffer.from(this.#pending.join(""));
    this.#pending = [];
    this.#pendingLength = 0;
    return bytes;
  }
}

/** As UNLOAD … CSV writes: null is empty, truth values are t and f. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(cellText).join(",")}\n`;
}

function cellText(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "boolean") return cell ? "t" : "f";
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function localParts(ms: number, zone: string): { day: string; minute: string } {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }).formatToParts(ms);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((one) => one.type === type)!.value;
  return { day: `${part("year")}${part("month")}${part("day")}`, minute: `${part("hour")}${part("minute")}` };
}
