import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const DOCS = join(import.meta.dirname, "../../docs");

/** Replaces the table after `<!-- NAME table -->` in a page of docs, so that its figures are always the measured ones. */
export function writeDocsTable(page: string, name: string, rows: readonly (readonly (string | number)[])[]): void {
  const path = join(DOCS, page);
  const text = readFileSync(path, "utf8");
  const marker = `<!-- ${name} table -->`;
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`${page} has no place for the ${name} table`);
  const after = text.slice(at + marker.length).replace(/^\n*(\|[^\n]*\n)*\n*/, "");
  const lines = rows.map((row) => `| ${row.join(" | ")} |`);
  lines.splice(1, 0, `|${"---|".repeat(rows[0].length)}`);
  writeFileSync(path, `${text.slice(0, at)}${marker}\n${lines.join("\n")}\n${after === "" ? "" : `\n${after}`}`);
}

/** The cells of that table, without its header. */
export function readDocsTable(page: string, name: string): string[][] {
  const text = readFileSync(join(DOCS, page), "utf8");
  const after = text.slice(text.indexOf(`<!-- ${name} table -->`)).split("\n").slice(1);
  const end = after.findIndex((line) => !line.startsWith("|"));
  return after.slice(2, end < 0 ? undefined : end).map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));
}
