/**
 * Rows as aligned columns for people. Numbers stand right, everything else left; on a terminal the last column is cut
 * to fit, elsewhere nothing is cut.
 *
 * @example
 * table([["NAME", "SEVERITY"], ["orders", 87]], { columns: null })
 * // NAME    SEVERITY
 * // orders        87
 */
export type TableCell = string | number | null;

const GAP = "  ";
const NOTHING = "–";

export function table(rows: readonly (readonly TableCell[])[], { columns }: { columns: number | null }): string {
  if (rows.length === 0) return "";
  const texts = rows.map((row) => row.map(cellText));
  const isNumber = rows[0]!.map((_, c) => rows.slice(1).some((row) => typeof row[c] === "number") && rows.slice(1).every((row) => typeof row[c] === "number" || row[c] === null));
  const widths = rows[0]!.map((_, c) => Math.max(...texts.map((row) => widthOf(row[c]!))));
  return texts
    .map((row) => {
      const line = row.map((text, c) => pad(text, { width: widths[c]!, right: isNumber[c]!, isLast: c === row.length - 1 })).join(GAP);
      return `${clip(line, columns)}\n`;
    })
    .join("");
}

/** `name  value` lines, values in one column. */
export function facts(rows: readonly (readonly [string, TableCell])[]): string {
  const width = Math.max(0, ...rows.map(([name]) => widthOf(name)));
  return rows.map(([name, value]) => `${name.padEnd(width)}${GAP}${cellText(value)}`.trimEnd() + "\n").join("");
}

function cellText(cell: TableCell): string {
  if (cell === null || cell === "") return NOTHING;
  // A value from a database may hold anything; a line break or an escape sequence would take the table over.
  if (typeof cell === "string") return cell.replaceAll(/\p{Cc}/gu, "·");
  return numberText(cell);
}

/** Grouped, with as many decimals as are of use: 12,345 · 1,234.5 · 0.0123. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return NOTHING;
  const size = Math.abs(value);
  const digits = size >= 1000 || Number.isInteger(value) ? { maximumFractionDigits: size >= 1e6 || Number.isInteger(value) ? 0 : 1 } : { maximumSignificantDigits: 4 };
  return value.toLocaleString("en-US", digits);
}

/** `512 B`, `106 kB`, `2.4 GB`: powers of 1000, as disks are sold. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : Math.round(value * 10) / 10} ${units[power]}`;
}

function pad(text: string, { width, right, isLast }: { width: number; right: boolean; isLast: boolean }): string {
  const space = " ".repeat(width - widthOf(text));
  if (right) return space + text;
  return isLast ? text : text + space;
}

/** Columns on a terminal, roughly: wide (East Asian, emoji) characters take two. */
function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) width += /^(?:\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul})/u.test(segment) ? 2 : 1;
  return width;
}

function clip(line: string, columns: number | null): string {
  if (columns === null || line.length <= columns) return line;
  return `${line.slice(0, Math.max(0, columns - 1))}…`;
}
