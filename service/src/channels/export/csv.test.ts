import fc from "fast-check";
import { expect, test } from "vitest";
import { csvText } from "./csv.ts";

test("cells are quoted where they must be, quotes are doubled, lines end in LF", () => {
  expect(csvText([["plain", 1.5, null, ""], ['say "hi"', "a,b", "two\nlines", " padded "]])).toBe('plain,1.5,,""\n"say ""hi""","a,b","two\nlines"," padded "\n');
});

test("any text is read back as it was by a plain RFC 4180 reader", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.oneof(fc.string(), fc.constantFrom('"', ",", "\n", "\r\n", "🦉", "")), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }), (rows) => {
      expect(readCsv(csvText(rows))).toEqual(rows);
    }),
  );
});

/** The obvious reader: one character after the other. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (isQuoted && c === '"' && text[i + 1] === '"') {
      cell += '"';
      i += 1;
    } else if (c === '"') {
      isQuoted = !isQuoted;
    } else if (!isQuoted && (c === "," || c === "\n")) {
      row.push(cell);
      cell = "";
      if (c === "\n") {
        rows.push(row);
        row = [];
      }
    } else {
      cell += c;
    }
  }
  return rows;
}
