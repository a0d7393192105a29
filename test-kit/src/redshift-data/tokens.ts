/** SQL text as tokens, just enough to tell code from strings, quoted names and comments. */
export interface Token {
  readonly kind: "word" | "string" | "quoted" | "comment" | "space" | "parameter" | "other";
  readonly text: string;
}

const TOKEN = /(?<space>\s+)|(?<comment>--[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>[eE]?'(?:\\[\s\S]|''|[^'\\])*')|(?<quoted>"(?:""|[^"])*")|(?<dollar>\$\$[\s\S]*?\$\$)|(?<cast>::)|(?<parameter>:[A-Za-z0-9_]+)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<number>\d+(?:\.\d+)?)|(?<other>[\s\S])/uy;

export function tokens(sql: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(sql); match !== null; match = TOKEN.exec(sql)) {
    const { space, comment, string, quoted, dollar, parameter, word } = match.groups!;
    const kind = space ? "space" : comment ? "comment" : string || dollar ? "string" : quoted ? "quoted" : parameter ? "parameter" : word ? "word" : "other";
    found.push({ kind, text: match[0] });
    if (TOKEN.lastIndex >= sql.length) break;
  }
  return found;
}
