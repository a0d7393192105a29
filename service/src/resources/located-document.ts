/** A parsed file that remembers where everything stood, so that every later complaint can name a line. */
export interface LocatedDocument {
  /** as the user named it */
  readonly file: string;
  readonly value: unknown;
  /**
   * `file:line:column` of the value at a path, e.g. `["measures", 0, "aggregation"]`; of its nearest parent when the
   * path itself isn't in the file (a default, a missing field). `key: true` asks for the key instead of its value.
   */
  locate(path: readonly PathStep[], options?: { key?: boolean }): string;
}

export type PathStep = string | number;

/** Line and column of an offset, both from 1; columns count characters as editors do (UTF-16 units). */
export function lineColumnOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

/** `measures[0].aggregation`, for people. */
export function pathText(path: readonly PathStep[]): string {
  return path.map((step, i) => (typeof step === "number" ? `[${step}]` : i === 0 ? step : `.${step}`)).join("");
}
