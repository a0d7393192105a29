import fc from "fast-check";
import { expect, test } from "vitest";
import { fromJsonText, plainText, toJsonText } from "./json-text.ts";

test("numbers that JSON lacks come back as they were", () => {
  const value = { a: [NaN, Infinity, -Infinity, -0, 0, 1e300, 5e-324], b: { c: NaN } };
  const back = fromJsonText<typeof value>(toJsonText(value));
  expect(back).toEqual(value);
  expect(Object.is(back.a[3], -0)).toBe(true);
  expect(toJsonText(1.5)).toBe("1.5");
});

test("any JSON value comes back as it was, whatever its texts", () => {
  const anyText = fc.string({ unit: "binary", maxLength: 20 });
  const anyValue = fc.letrec((tie) => ({
    value: fc.oneof(anyText, fc.double(), fc.boolean(), fc.constant(null), fc.array(tie("value"), { maxLength: 3 }), fc.dictionary(anyText.filter((key) => key !== "__proto__"), tie("value"), { maxKeys: 3 })),
  })).value;
  fc.assert(fc.property(anyValue, (value) => {
    expect(fromJsonText(toJsonText(value))).toEqual(value);
  }), { seed: 7, numRuns: 500 });
});

test("a dimension called $number is a dimension", () => {
  for (const segment of [{ $number: "web" }, { $number: "NaN", platform: "web" }, { $number: 1 }, { $number: null }]) {
    expect(fromJsonText(toJsonText(segment))).toEqual(segment);
  }
});

test("what PostgreSQL's text can't hold is replaced, all else is kept", () => {
  expect(plainText("a\0b \ud800 c \udc00 🦊 é")).toBe("a\uFFFDb \uFFFD c \uFFFD 🦊 é");
});
