/**
 * The checksums that S3 keeps beside an object, as base64 of their big-endian bytes.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

export const CHECKSUM_ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

export function checksumOf(bytes: Buffer, algorithm: ChecksumAlgorithm): string {
  switch (algorithm) {
    case "CRC32":
      return base64Of(crc32(bytes));
    case "CRC32C":
      return base64Of(crc32c(bytes));
    case "CRC64NVME":
      return crc64nvme(bytes);
    default:
      return createHash(algorithm.toLowerCase()).update(bytes).digest("base64");
  }
}

/** Name of the header, and in camel case of the XML element, e.g. x-amz-checksum-crc32 and ChecksumCRC32. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

function base64Of(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc >>> 0);
  return bytes.toString("base64");
}

/** Castagnoli's polynomial, reflected. */
const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC32C_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return crc ^ 0xffffffff;
}

/** The NVMe specification's polynomial, reflected; 64 bits as two halves, since BigInt is fifty times slower. */
const CRC64_HIGH = new Uint32Array(256);
const CRC64_LOW = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let [high, low] = [0, byte];
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (low & 1) === 1;
    low = (low >>> 1) | ((high & 1) << 31);
    high >>>= 1;
    if (isOdd) {
      high ^= 0x9a6c9329;
      low ^= 0xac4bc9b5;
    }
  }
  CRC64_HIGH[byte] = high;
  CRC64_LOW[byte] = low;
}

function crc64nvme(bytes: Buffer): string {
  let [high, low] = [0xffffffff, 0xffffffff];
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ CRC64_LOW[index]!;
    high = (high >>> 8) ^ CRC64_HIGH[index]!;
  }
  const result = Buffer.alloc(8);
  result.writeUInt32BE((high ^ 0xffffffff) >>> 0, 0);
  result.writeUInt32BE((low ^ 0xffffffff) >>> 0, 4);
  return result.toString("base64");
}
