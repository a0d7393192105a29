import assert from "node:assert/strict";
import { test } from "vitest";
import { didYouMean } from "./did-you-mean.ts";

const KNOWN = ["name", "frequency", "offsetSeconds", "timestamp", "dimensions", "measures"];

test("a swap, a letter too many or too few, another case or separator is still recognised", () => {
  const meant: [string, string][] = [
    ["nmae", "name"],
    ["Frequency", "frequency"],
    ["offset_seconds", "offsetSeconds"],
    ["offset-second", "offsetSeconds"],
    ["dimension", "dimensions"],
    ["timestampColumn", "timestamp"],
    ["offset", "offsetSeconds"],
  ];
  for (const [typed, known] of meant) assert.equal(didYouMean(typed, KNOWN), known, typed);
});

test("something else is not taken for one of them", () => {
  for (const typed of ["", "x", "colour", "schedule", "password"]) assert.equal(didYouMean(typed, KNOWN), null, typed);
  assert.equal(didYouMean("name", []), null);
});
