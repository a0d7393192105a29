/**
 * The same refusals as check-select.ts, for the dialects whose grammar PostgreSQL's parser doesn't know. Seen are tokens,
 * not a tree: words that begin anything but a SELECT are reserved there and can't be names without quotes, so that one
 * of them outside of quotes is what it looks like. In doubt a harmless query is refused, never the other way round.
 *
 * For DuckDB this is the first look only: its source parses each query with DuckDB itself (connectors/duckdb).
 */
import { UserError } from "../../telemetry/errors.ts";
import { PARAMETER_NAMES, SQL_CHARACTERS_MAX } from "./parse-select.ts";
import { positionIn } from "./position.ts";
import { refusedFunction } from "./refused-functions.ts";
import { isCode, tokenise } from "./tokenise.ts";
import type { Token } from "./tokenise.ts";

export type TokenDialect = "mysql" | "duckdb";

export interface CheckedTokens {
  /** all of the text's */
  readonly tokens: readonly Token[];
  /** what is allowed but probably not meant */
  readonly remarks: readonly string[];
}

/** Throws UserError, code "SQL" or "REFUSED", with line and column. */
export function checkTokens(sql: string, dialect: TokenDialect): CheckedTokens {
  if (sql.length > SQL_CHARACTERS_MAX) {
    throw new UserError(`the query has ${sql.length} characters, the limit is ${SQL_CHARACTERS_MAX} (SQL_CHARACTERS_MAX)`, { code: "SQL" });
  }
  const tokens = tokenise(sql, dialect);
  const code = tokens.filter(isCode);
  const refuse = (token: Token, code: "SQL" | "REFUSED", what: string, advice: string): never => {
    const where = positionIn(sql, token.start);
    throw new UserError(`${what} (${where})`, { code, where, advice });
  };
  if (code.every((token) => token.text === ";")) throw new UserError("the query is empty", { code: "SQL", advice: "Write one SELECT." });
  const first = code.find((token) => token.text !== "(")!;
  if (!BEGINNINGS[dialect].has(first.text.toLowerCase())) {
    refuse(first, "SQL", `the query is not SELECT but begins with ${first.text.slice(0, 40).toUpperCase()}`, "Foretop only reads: write one SELECT.");
  }
  for (const token of tokens) if (token.kind === "comment") refuseComment(token, dialect, refuse);
  for (const [i, token] of code.entries()) {
    const before = code[i - 1];
    const next = code[i + 1];
    if (token.text === ";" && code.slice(i + 1).some((later) => later.text !== ";")) {
      refuse(code.slice(i + 1).find((later) => later.text !== ";")!, "SQL", "the query holds several statements; the second begins here", "Keep one SELECT. What the others did belongs into a view or a WITH clause.");
    }
    if (token.kind === "positional" || (token.kind === "parameter" && !(PARAMETER_NAMES as readonly string[]).includes(token.text.toLowerCase()))) {
      refuse(token, "SQL", `${token.text} is not a parameter that Foretop binds`, "The parameters are :start and :end, the interval's bounds.");
    }
    if (token.text === "?" && token.kind === "operator") refuse(token, "SQL", "? is not a parameter that Foretop binds", "The parameters are :start and :end, the interval's bounds.");
    // What follows a point is a name, whatever it says.
    if (before?.text === ".") {
      refuseCall(code, i, dialect, refuse);
      continue;
    }
    if (token.kind === "word") refuseWord(token, before, next, dialect, refuse);
    if (dialect === "mysql" && token.text === ":" && next?.text === "=") refuse(token, "REFUSED", "an assignment (:=) changes the session's variables; it is refused", "Use a window function instead.");
    refuseCall(code, i, dialect, refuse);
  }
  return { tokens, remarks: remarksOn(code) };
}

type Refuse = (token: Token, code: "SQL" | "REFUSED", what: string, advice: string) => never;

const BEGINNINGS: Readonly<Record<TokenDialect, ReadonlySet<string>>> = {
  mysql: new Set(["select", "with"]),
  duckdb: new Set(["select", "with", "from"]),
};

/** Statements that could hide behind WITH, and clauses of a SELECT that do more than read. Reserved in MySQL. */
const MYSQL_WORDS: Readonly<Record<string, string>> = {
  into: "SELECT … INTO writes a file or a variable",
  outfile: "INTO OUTFILE writes a file on the server",
  dumpfile: "INTO DUMPFILE writes a file on the server",
  update: "the query holds UPDATE, or locks rows",
  delete: "the query holds DELETE",
  lock: "LOCK IN SHARE MODE locks rows",
  procedure: "PROCEDURE runs something beside the query",
  call: "the query holds CALL",
  load: "the query holds LOAD",
  drop: "the query holds DROP",
  create: "the query holds CREATE",
  alter: "the query holds ALTER",
  grant: "the query holds GRANT",
  revoke: "the query holds REVOKE",
};

/** Functions of the same names exist: INSERT(text, 1, 2, new), REPLACE(text, old, new). */
const MYSQL_STATEMENTS_OR_CALLS = new Set(["insert", "replace"]);

function refuseWord(token: Token, before: Token | undefined, next: Token | undefined, dialect: TokenDialect, refuse: Refuse): void {
  if (dialect !== "mysql") return;
  const word = token.text.toLowerCase();
  const reason = Object.hasOwn(MYSQL_WORDS, word) ? MYSQL_WORDS[word]! : null;
  if (reason !== null) refuse(token, "REFUSED", `${reason}; it is refused`, "Foretop only reads. A column of that name goes into backquotes.");
  if (MYSQL_STATEMENTS_OR_CALLS.has(word) && next?.text !== "(") refuse(token, "REFUSED", `the query holds ${word.toUpperCase()}; it is refused`, "Foretop only reads. A column of that name goes into backquotes.");
  if (word === "for" && before?.text.toLowerCase() === "value") refuse(token, "REFUSED", "NEXT VALUE FOR moves a sequence on; it is refused", "Foretop only reads.");
  if (word === "share" && before?.text.toLowerCase() === "for") refuse(token, "REFUSED", "FOR SHARE locks rows; it is refused", "Take the clause out: Foretop only reads.");
}

function refuseCall(code: readonly Token[], i: number, dialect: TokenDialect, refuse: Refuse): void {
  const token = code[i]!;
  if ((token.kind !== "word" && token.kind !== "quoted") || code[i + 1]?.text !== "(") return;
  const name = (token.kind === "quoted" ? token.text.slice(1, -1) : token.text).toLowerCase();
  const reason = refusedFunction([name], dialect);
  if (reason !== null) refuse(token, "REFUSED", `the function ${name} ${reason}; it is refused`, "Queries may compute, not act on the server.");
}

/** MySQL runs what is in some of its comments. */
function refuseComment(token: Token, dialect: TokenDialect, refuse: Refuse): void {
  if (dialect !== "mysql") return;
  if (/^\/\*M?!/i.test(token.text)) refuse(token, "REFUSED", "a comment that begins with /*! is run by the server; it is refused", "Write its content without the comment, or take it out.");
  if (token.text.startsWith("/*+") && /set_var|max_execution_time|resource_group/i.test(token.text)) {
    refuse(token, "REFUSED", "a hint that changes the session's settings or its time limit is refused", "Raise limits.querySecondsMax instead.");
  }
}

function remarksOn(code: readonly Token[]): string[] {
  const remarks: string[] = [];
  let depth = 0;
  for (const [i, token] of code.entries()) {
    if (token.text === "(") depth += 1;
    else if (token.text === ")") depth -= 1;
    if (depth !== 0 || token.kind !== "word") continue;
    const word = token.text.toLowerCase();
    if (word === "limit") remarks.push("the query ends in a LIMIT: rows beyond it are not seen, in history and in every interval");
    if (word === "order" && code[i + 1]?.text.toLowerCase() === "by") remarks.push("the query ends in an ORDER BY: the order of rows doesn't matter, sorting only costs the source time");
  }
  return remarks;
}
