/**
 * What shards hand to each other: a header and named columns of numbers in one file, with a checksum at its end.
 *
 * Layout: "FTSH", version (u32 LE), length of the header (u32 LE), header as JSON, padding to 8 bytes, the columns one
 * after the other (each padded to 8), SHA-256 over all before it.
 */
import { createHash } from "node:crypto";
import { SegmentDamagedError } from "../store/store.ts";

export type Column = Float64Array | Int32Array | Int8Array | Uint8Array;

export interface ShardFile<Header> {
  readonly header: Header;
  readonly columns: Readonly<Record<string, Column>>;
}

const MAGIC = 0x48535446; // "FTSH", little-endian
const VERSION = 1;
const START_BYTES = 12;
const HASH_BYTES = 32;
const TYPES = { Float64Array, Int32Array, Int8Array, Uint8Array } as const;
type TypeName = keyof typeof TYPES;

interface Layout {
  readonly name: string;
  readonly type: TypeName;
  readonly length: number;
}

export function encodeShardFile<Header>({ header, columns }: ShardFile<Header>): Uint8Array {
  const entries = Object.entries(columns);
  const layout: Layout[] = entries.map(([name, column]) => ({ name, type: column.constructor.name as TypeName, length: column.length })); // Column has no other types
  const json = new TextEncoder().encode(JSON.stringify({ header, layout }));
  let size = padded(START_BYTES + json.length);
  for (const [, column] of entries) size += padded(column.byteLength);
  const bytes = new Uint8Array(size + HASH_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, json.length, true);
  bytes.set(json, START_BYTES);
  let at = padded(START_BYTES + json.length);
  for (const [, column] of entries) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += padded(column.byteLength);
  }
  bytes.set(hashOf(bytes.subarray(0, size)), size);
  return bytes;
}

/** @param path  for messages. Throws SegmentDamagedError. */
export function decodeShardFile<Header>(bytes: Uint8Array, path: string): ShardFile<Header> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < START_BYTES + HASH_BYTES || view.getUint32(0, true) !== MAGIC) throw new SegmentDamagedError(`${path} is no file of a shard`);
  const version = view.getUint32(4, true);
  if (version !== VERSION) throw new SegmentDamagedError(`${path} has version ${version}; this foretop reads version ${VERSION}: run all steps with the same foretop`);
  const size = bytes.length - HASH_BYTES;
  if (!Buffer.from(bytes.subarray(size)).equals(hashOf(bytes.subarray(0, size)))) throw new SegmentDamagedError(`${path} is damaged (its checksum is wrong); run the shard again`);
  const jsonLength = view.getUint32(8, true);
  const { header, layout } = JSON.parse(new TextDecoder().decode(bytes.subarray(START_BYTES, START_BYTES + jsonLength))) as { header: Header; layout: Layout[] }; // written above, checksummed
  const columns: Record<string, Column> = {};
  let at = padded(START_BYTES + jsonLength);
  for (const { name, type, length } of layout) {
    const Type = TYPES[type];
    const byteLength = length * Type.BYTES_PER_ELEMENT;
    // A Buffer's own slice would be a view of memory that others share.
    columns[name] = new Type(Uint8Array.prototype.slice.call(bytes, at, at + byteLength).buffer);
    at += padded(byteLength);
  }
  return { header, columns };
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

function hashOf(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
