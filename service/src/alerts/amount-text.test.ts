import { expect, test } from "vitest";
import { amountText } from "./amount-text.ts";

test("three significant digits below 1,000, whole numbers from there, and words for nothing", () => {
  const texts = [0, -0, 0.012345, 1.5, 12.345, 238.4, -999.4, 1000.4, 1234567.8, 1e15, NaN, Infinity, null].map(amountText);
  expect(texts).toEqual(["0", "-0", "0.0123", "1.5", "12.3", "238", "-999", "1,000", "1,234,568", "1,000,000,000,000,000", "no data", "no data", "no data"]);
});
