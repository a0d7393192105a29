import { expect, test } from "vitest";
import { somePoints } from "../store-fixtures.ts";
import { SegmentCache } from "./segment-cache.ts";

const piece = somePoints([0], 100); // 100 rows of 4 + 8·3 + 8·5 + 4 bytes
const PIECE_BYTES = 7_200;

test("what was used longest ago goes first when the bound is met", () => {
  const cache = new SegmentCache(4 * PIECE_BYTES);
  for (const key of ["a", "b", "c", "d"]) cache.set(key, piece);
  expect(cache.bytes).toBe(4 * PIECE_BYTES);
  expect(cache.get("a")).toBe(piece);
  cache.set("e", piece);
  expect(["a", "b", "c", "d", "e"].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true, true, true]);
  expect(cache.bytes).toBe(4 * PIECE_BYTES);
});

test("setting a key again counts its bytes once", () => {
  const cache = new SegmentCache(10 * PIECE_BYTES);
  cache.set("a", piece);
  cache.set("a", piece);
  expect(cache.bytes).toBe(PIECE_BYTES);
});

test("a piece of more than a quarter of the bound is not kept: it would push out everything else", () => {
  const cache = new SegmentCache(3 * PIECE_BYTES);
  cache.set("large", piece);
  expect(cache.get("large")).toBeUndefined();
  expect(cache.bytes).toBe(0);
});
