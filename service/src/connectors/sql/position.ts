/** Where in a text: "line 3, column 14", both from 1, columns in characters as an editor counts them. */
export function positionIn(text: string, index: number): string {
  const before = text.slice(0, index);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return `line ${line}, column ${Array.from(before.slice(lineStart)).length + 1}`;
}
