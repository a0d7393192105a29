/**
 * Which shard a series belongs to: the hash of its key, so that it is the same on every machine, for every interval and
 * whatever number the series has. FNV-1a over the text's code units, then mixed, because keys differ in their last letters.
 */
export function shardOf(keyText: string, shardCount: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < keyText.length; i++) {
    hash = Math.imul(hash ^ keyText.charCodeAt(i), 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x7feb352d);
  hash ^= hash >>> 15;
  return (hash >>> 0) % shardCount;
}
