/**
 * Rows of a CSV file as UNLOAD writes it (FORMAT CSV): commas, quotes doubled inside quotes, line feeds. Text comes in pieces
 * that may end anywhere, in the middle of a character too.
 */
export async function* csvRows(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string[][], void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for await (const chunk of chunks) {
    const [rows, left] = wholeRows(rest + decoder.decode(chunk, { stream: true }));
    rest = left;
    if (rows.length > 0) yield rows;
  }
  rest += decoder.decode();
  if (rest === "") return;
  const [rows, left] = wholeRows(`${rest}\n`);
  if (left !== "") throw new Error("the file ends inside a quoted field");
  yield rows;
}

const [QUOTE, COMMA, LINE_FEED, CARRIAGE_RETURN] = [34, 44, 10, 13];

/** The rows that are complete, and what is left of the text. */
function wholeRows(text: string): [rows: string[][], rest: string] {
  const rows: string[][] = [];
  let row: string[] = [];
  let [rowStart, at] = [0, 0];
  while (at < text.length) {
    let field: string;
    if (text.charCodeAt(at) === QUOTE) {
      let close = text.indexOf('"', at + 1);
      while (close >= 0 && text.charCodeAt(close + 1) === QUOTE) close = text.indexOf('"', close + 2);
      // A quote at the very end may be the first of two.
      if (close < 0 || close + 1 >= text.length) break;
      field = text.slice(at + 1, close).replaceAll('""', '"');
      at = close + 1;
    } else {
      let end = at;
      while (end < text.length && text.charCodeAt(end) !== COMMA && text.charCodeAt(end) !== LINE_FEED) end += 1;
      if (end >= text.length) break;
      field = text.slice(at, end);
      at = end;
    }
    if (text.charCodeAt(at) === CARRIAGE_RETURN) at += 1;
    const after = text.charCodeAt(at);
    if (after !== COMMA && after !== LINE_FEED) {
      if (at >= text.length) break;
      throw new Error("a quoted field is followed by neither a comma nor the end of the line");
    }
    row.push(field);
    at += 1;
    if (after === LINE_FEED) {
      rows.push(row);
      row = [];
      rowStart = at;
    }
  }
  return [rows, text.slice(rowStart)];
}
