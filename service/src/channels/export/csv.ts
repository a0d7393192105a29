/** A cell; null is an empty cell, the empty text is `""`, so that the two differ. */
export type CsvCell = string | number | null;

/** RFC 4180, lines ending in LF: a cell is quoted where it must be, and quotes in it are doubled. */
export function csvText(rows: readonly (readonly CsvCell[])[]): string {
  return rows.map((row) => `${row.map(cellText).join(",")}\n`).join("");
}

function cellText(cell: CsvCell): string {
  if (cell === null) return "";
  const text = String(cell);
  return text === "" || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
