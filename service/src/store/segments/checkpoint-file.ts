/**
 * A checkpoint's file: 16 bytes of header (the letters FTSTATES, the format as u32, the length of the states as u32,
 * little endian), then the states, compressed with zstd. What the states mean is the engine's business.
 */
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";

const MAGIC = new TextEncoder().encode("FTSTATES");
const FORMAT = 1;
const HEADER_BYTES = 16;
const STATES_BYTES_MAX = 2 ** 32 - 1;

// Off the main thread: 25 MB of states take 0.1 s.
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export async function encodeCheckpoint(states: Uint8Array): Promise<readonly Uint8Array[]> {
  if (states.byteLength > STATES_BYTES_MAX) throw new RangeError(`states of ${states.byteLength} bytes; a checkpoint holds at most ${STATES_BYTES_MAX}`);
  const header = new Uint8Array(HEADER_BYTES);
  header.set(MAGIC);
  const view = new DataView(header.buffer);
  view.setUint32(8, FORMAT, true);
  view.setUint32(12, states.byteLength, true);
  // Level 1: states are mostly random bits of floats; higher levels take three times longer for 2 %.
  return [header, await compress(states, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })];
}

export async function decodeCheckpoint(file: Uint8Array): Promise<Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.byteLength < HEADER_BYTES || !MAGIC.every((byte, i) => file[i] === byte)) throw new Error("the file is not a checkpoint");
  const format = view.getUint32(8, true);
  if (format !== FORMAT) throw new Error(`the checkpoint's format is ${format}, this Foretop reads ${FORMAT}`);
  const states = new Uint8Array(await decompress(file.subarray(HEADER_BYTES)));
  const length = view.getUint32(12, true);
  if (states.byteLength !== length) throw new Error(`the checkpoint holds ${states.byteLength} bytes of states, its header says ${length}`);
  return states;
}
