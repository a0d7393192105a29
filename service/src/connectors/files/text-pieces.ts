/** Bytes of a file as they are stored → pieces of UTF-8, unpacked and in one charset. */
import { createGunzip } from "node:zlib";
import { Readable } from "node:stream";
import { SourceError } from "../../telemetry/errors.ts";
import type { Compression } from "./file-format.ts";

/** Charsets that need no work: ASCII is UTF-8. */
const UTF8 = /^(utf-?8|us-ascii|ascii)$/i;

export function isKnownCharset(charset: string): boolean {
  try {
    return new TextDecoder(charset).encoding !== ""; // throws where it can't be made
  } catch {
    return false;
  }
}

/** @param file  for messages */
export async function* textPieces(stored: AsyncIterable<Uint8Array>, { file, charset, compression }: { file: string; charset: string; compression: Compression }): AsyncGenerator<Buffer, void, undefined> {
  const bytes = compression === "gzip" ? unpacked(stored, file) : asBuffers(stored);
  if (UTF8.test(charset)) {
    yield* bytes;
    return;
  }
  const decoder = new TextDecoder(charset, { fatal: true });
  const decode = (piece?: Buffer): Buffer => {
    try {
      return Buffer.from(piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true }));
    } catch {
      throw new SourceError(`${file} holds bytes that are not ${charset}`, { code: "SHAPE", transient: false, advice: "Set the format's charset to what the file is written in." });
    }
  };
  for await (const piece of bytes) yield decode(piece);
  yield decode();
}

async function* asBuffers(stored: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  for await (const piece of stored) yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
}

async function* unpacked(stored: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Buffer, void, undefined> {
  const source = Readable.from(asBuffers(stored), { objectMode: false });
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  let sourceError: unknown = null;
  source.on("error", (error) => {
    sourceError = error;
    gunzip.destroy(error);
  });
  source.pipe(gunzip);
  try {
    for await (const piece of gunzip) yield piece as Buffer; // zlib gives buffers
  } catch (error) {
    if (sourceError !== null) throw sourceError;
    const isCut = (error as { code?: unknown }).code === "Z_BUF_ERROR";
    throw new SourceError(isCut ? `${file} ends in the middle: its gzip is not complete` : `${file} is not gzip`, {
      code: "SHAPE",
      transient: isCut,
      advice: isCut ? "It was probably half written; it is read again." : "Set the format's compression: none, or compress the file.",
      cause: error,
    });
  } finally {
    source.destroy();
  }
}

const PIECE_BYTES = 256 * 1024;
