/**
 * The little of POSIX tar (ustar) that a backup needs: regular files, one after the other, so that any tar can list it
 * and take single files out of it. Names are ours and short.
 */
import type { FileHandle } from "node:fs/promises";

const BLOCK = 512;
const NAME_BYTES_MAX = 100;
const PREFIX_BYTES_MAX = 155;
/** Two blocks of zeros end a tar. */
export const TAR_END = new Uint8Array(2 * BLOCK);

/** Header, content and padding of one file. */
export function tarEntry(name: string, content: Uint8Array): readonly Uint8Array[] {
  const padding = (BLOCK - (content.byteLength % BLOCK)) % BLOCK;
  return [headerOf(name, content.byteLength), content, new Uint8Array(padding)];
}

function headerOf(name: string, bytes: number): Uint8Array {
  const { prefix, base } = splitName(name);
  const header = Buffer.alloc(BLOCK);
  header.write(base, 0);
  header.write("0000600\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${bytes.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("        ", 148); // the checksum counts as blanks while it is computed
  header.write("0", 156);
  header.write("ustar\u000000", 257);
  header.write(prefix, 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

/** A name over 100 bytes is cut at a slash: what is before it goes into the field `prefix`. */
function splitName(name: string): { prefix: string; base: string } {
  if (Buffer.byteLength(name) <= NAME_BYTES_MAX) return { prefix: "", base: name };
  for (let at = name.indexOf("/"); at > 0; at = name.indexOf("/", at + 1)) {
    const [prefix, base] = [name.slice(0, at), name.slice(at + 1)];
    if (Buffer.byteLength(base) <= NAME_BYTES_MAX && Buffer.byteLength(prefix) <= PREFIX_BYTES_MAX) return { prefix, base };
  }
  throw new Error(`${name} is too long a name for a tar`);
}

export interface TarFile {
  readonly name: string;
  readonly content: Buffer;
  /** where its header begins in the tar */
  readonly position: number;
}

export class TarDamagedError extends Error {
  override readonly name = "TarDamagedError";
}

/** The files of a tar in order, one in memory at a time. Throws TarDamagedError where it is cut off or not one of ours. */
export async function* tarFiles(file: FileHandle): AsyncGenerator<TarFile> {
  for (let position = 0; ; ) {
    const header = await readExactly(file, position, BLOCK);
    if (header.every((byte) => byte === 0)) return;
    const name = text(header, 0, NAME_BYTES_MAX);
    const prefix = text(header, 345, PREFIX_BYTES_MAX);
    const bytes = Number.parseInt(text(header, 124, 12), 8);
    const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
    if (!Number.isSafeInteger(bytes) || Number.parseInt(text(header, 148, 8), 8) !== sum) throw new TarDamagedError(`no header of a file at byte ${position}`);
    yield { name: prefix === "" ? name : `${prefix}/${name}`, content: await readExactly(file, position + BLOCK, bytes), position };
    position += BLOCK + Math.ceil(bytes / BLOCK) * BLOCK;
  }
}

async function readExactly(file: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(buffer, at, bytes - at, position + at);
    if (bytesRead === 0) throw new TarDamagedError(`it ends at byte ${position + at}, in the middle of a file`);
    at += bytesRead;
  }
  return buffer;
}

function text(header: Buffer, from: number, bytes: number): string {
  const field = header.subarray(from, from + bytes);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? bytes : end).trim();
}
