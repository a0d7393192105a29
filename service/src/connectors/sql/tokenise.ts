/**
 * SQL text as tokens that cover it without gaps: joining their texts gives the input byte for byte. It knows just enough
 * to tell code from what only looks like code (strings, quoted names, comments); grammar is parse-select's business.
 */
import { UserError } from "../../telemetry/errors.ts";
import type { Dialect } from "./dialect.ts";
import { positionIn } from "./position.ts";

export type TokenKind =
  | "word" // name or keyword, without quotes
  | "quoted" // "name", in MySQL `name`
  | "string" // 'text', E'text', $$text$$, in MySQL also "text"
  | "number"
  | "parameter" // :name
  | "positional" // $1
  | "comment"
  | "space"
  | "operator"; // one character, or `::`

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** index of its first character in the SQL text */
  readonly start: number;
}

/**
 * Throws UserError (code "SQL", `where` with line and column) for a quote or comment that is never closed.
 *
 * @example tokenise("ts >= :start", "postgres").map((token) => token.kind) // word space operator operator space parameter
 */
export function tokenise(sql: string, dialect: Dialect): Token[] {
  const tokens: Token[] = [];
  let brackets = 0; // inside [ ] a colon is a slice, not a parameter
  for (let start = 0; start < sql.length; ) {
    const [kind, end] = nextToken(sql, start, dialect, brackets > 0);
    const text = sql.slice(start, end);
    if (text === "[") brackets += 1;
    else if (text === "]") brackets = Math.max(0, brackets - 1);
    tokens.push({ kind, text, start });
    start = end;
  }
  return tokens;
}

/** Tokens that mean something: neither space nor comment. */
export function isCode(token: Token): boolean {
  return token.kind !== "space" && token.kind !== "comment";
}

const SPACE = /\s+/y;
const LINE_COMMENT = /--[^\n\r]*/y;
const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy;
const NUMBER = /(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y;
const PARAMETER = /:[A-Za-z_]\w*/y;
const POSITIONAL = /\$\d+/y;
const DOLLAR_QUOTE = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;

function nextToken(sql: string, start: number, dialect: Dialect, inBrackets: boolean): [TokenKind, number] {
  if (dialect === "mysql") return nextMysqlToken(sql, start);
  const first = sql[start]!;
  const second = sql[start + 1] ?? "";
  const match = (pattern: RegExp): number => {
    pattern.lastIndex = start;
    return pattern.test(sql) ? pattern.lastIndex : -1;
  };
  let end: number;
  if ((end = match(SPACE)) > 0) return ["space", end];
  if ((end = match(LINE_COMMENT)) > 0) return ["comment", end];
  if (first === "/" && second === "*") return ["comment", endOfBlockComment(sql, start)];
  if (first === "'") return ["string", endOfQuoted(sql, start, start, "'", dialect === "redshift")];
  if ((first === "e" || first === "E") && second === "'") return ["string", endOfQuoted(sql, start, start + 1, "'", true)];
  if (first === '"') return ["quoted", endOfQuoted(sql, start, start, '"', false)];
  if ((end = match(DOLLAR_QUOTE)) > 0) return ["string", endOfDollarQuoted(sql, start, sql.slice(start, end))];
  if ((end = match(POSITIONAL)) > 0) return ["positional", end];
  if ((end = match(WORD)) > 0) return ["word", end];
  if ((end = match(NUMBER)) > 0) return ["number", end];
  if (first === ":" && second === ":") return ["operator", start + 2];
  if (!inBrackets && (end = match(PARAMETER)) > 0) return ["parameter", end];
  // A whole code point: half of a pair would not join again.
  return ["operator", start + String.fromCodePoint(sql.codePointAt(start)!).length];
}

// Two minus signs begin a comment only before one of the server's spaces: 5--3 is 8, and a no-break space is a letter to it.
const MYSQL_LINE_COMMENT = /(?:#|--(?=[ \t\n\v\f\r]|$))[^\n]*/y;

/**
 * MySQL and MariaDB with the modes that our sessions set: quotes are texts, backslashes escape. Where the server would
 * end a text or comment, it has to end here, or code would look like text.
 */
function nextMysqlToken(sql: string, start: number): [TokenKind, number] {
  const first = sql[start]!;
  const match = (pattern: RegExp): number => {
    pattern.lastIndex = start;
    return pattern.test(sql) ? pattern.lastIndex : -1;
  };
  let end: number;
  if ((end = match(SPACE)) > 0) return ["space", end];
  if ((end = match(MYSQL_LINE_COMMENT)) > 0) return ["comment", end];
  if (first === "/" && sql[start + 1] === "*") return ["comment", endOfFlatComment(sql, start)];
  if (first === "'" || first === '"') return ["string", endOfQuoted(sql, start, start, first, true)];
  if (first === "`") return ["quoted", endOfQuoted(sql, start, start, "`", false)];
  if ((end = match(WORD)) > 0) return ["word", end];
  if ((end = match(NUMBER)) > 0) return ["number", end];
  if ((end = match(PARAMETER)) > 0) return ["parameter", end];
  return ["operator", start + String.fromCodePoint(sql.codePointAt(start)!).length];
}

/** MySQL's comments don't nest. */
function endOfFlatComment(sql: string, start: number): number {
  const close = sql.indexOf("*/", start + 2);
  if (close >= 0) return close + 2;
  throw neverClosed(sql, start, "the comment that /* opens here", "Close it with */.");
}

function endOfQuoted(sql: string, start: number, quoteAt: number, quote: string, backslashes: boolean): number {
  for (let i = quoteAt + 1; i < sql.length; i++) {
    if (backslashes && sql[i] === "\\") i += 1;
    else if (sql[i] === quote && sql[i + 1] === quote) i += 1;
    else if (sql[i] === quote) return i + 1;
  }
  const what = quote === "'" || backslashes ? "text" : "name";
  throw neverClosed(sql, start, `the quote (${quote}) that opens a ${what} here`, `Close it; a ${quote} inside of it is written twice (${quote}${quote}).`);
}

function endOfDollarQuoted(sql: string, start: number, tag: string): number {
  const close = sql.indexOf(tag, start + tag.length);
  if (close >= 0) return close + tag.length;
  throw neverClosed(sql, start, `the text that ${tag} opens here`, `Close it with ${tag}.`);
}

/** Comments nest, as in PostgreSQL. */
function endOfBlockComment(sql: string, start: number): number {
  let depth = 0;
  for (let i = start; i < sql.length - 1; i++) {
    const pair = sql[i]! + sql[i + 1]!;
    if (pair === "/*") depth += 1;
    else if (pair === "*/") depth -= 1;
    else continue;
    i += 1;
    if (depth === 0) return i + 1;
  }
  throw neverClosed(sql, start, "the comment that /* opens here", "Close it with */.");
}

function neverClosed(sql: string, start: number, what: string, advice: string): UserError {
  const where = positionIn(sql, start);
  return new UserError(`${what} is never closed (${where})`, { code: "SQL", where, advice });
}
