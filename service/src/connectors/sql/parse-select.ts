/**
 * SQL text → PostgreSQL's own syntax tree (libpg-query is its parser, compiled to WebAssembly). The tree is only
 * looked at: what is sent to the database is always the user's text with placeholders spliced in.
 */
import { setFlagsFromString } from "node:v8";
import { loadModule, parseSync, SqlError } from "libpg-query";
import { UserError } from "../../telemetry/errors.ts";
import type { Dialect } from "./dialect.ts";
import { positionIn } from "./position.ts";
import { isCode, tokenise } from "./tokenise.ts";
import type { Token } from "./tokenise.ts";

// V8 would optimise the parser's huge functions after a few calls: 520 MB for a second or two and 0.8 s of processor
// time, for queries that are parsed once and cached. (22 series of 2,500 intervals learned: peak 182 MiB instead of 702.)
for (const flag of ["--no-wasm-tier-up", "--no-wasm-dynamic-tiering"]) setFlagsFromString(flag);

// 8 ms, once; afterwards parsing is synchronous.
await loadModule();

/** A node of the tree: `{ FuncCall: { funcname: […], args: […], location: 53 } }` is type "FuncCall". */
export interface SqlNode {
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface ParsedSelect {
  readonly sql: string;
  readonly tokens: readonly Token[];
  /** the SelectStmt */
  readonly statement: SqlNode;
  /** index into `sql` of a node's location (PostgreSQL counts bytes); −1 when the node has none */
  readonly indexOf: (node: SqlNode) => number;
}

export const PARAMETER_NAMES = [":start", ":end"] as const;
/** A query of more characters is refused: PostgreSQL's parser recurses, and nobody reviews such a text. */
export const SQL_CHARACTERS_MAX = 200_000;

/** Throws UserError, code "SQL", for anything that isn't exactly one SELECT; `where` is line and column. */
export function parseSelect(sql: string, dialect: Dialect): ParsedSelect {
  const known = cache.get(dialect + sql);
  if (known !== undefined) return known;

  if (sql.length > SQL_CHARACTERS_MAX) {
    throw new UserError(`the query has ${sql.length} characters, the limit is ${SQL_CHARACTERS_MAX} (SQL_CHARACTERS_MAX)`, { code: "SQL" });
  }
  const tokens = tokenise(sql, dialect);
  const code = tokens.filter(isCode);
  if (code.every((token) => token.text === ";")) {
    throw new UserError("the query is empty", { code: "SQL", advice: "Write one SELECT." });
  }
  for (const token of code) refuseForeignParameter(sql, token);

  const text = parseable(tokens, dialect);
  const statements = parseStatements(sql, text);
  const indexOfByte = byteIndex(text);
  if (statements.length !== 1) {
    const where = positionIn(sql, indexOfByte(statements[1]!.byte));
    throw new UserError(`the query holds ${statements.length} statements; the second begins at ${where}`, {
      code: "SQL",
      where,
      advice: "Keep one SELECT. What the others did belongs into a view or a WITH clause.",
    });
  }
  const statement = statements[0]!.node;
  if (statement.type !== "SelectStmt") {
    const where = positionIn(sql, code[0]!.start);
    throw new UserError(`the query is not SELECT but ${statementName(statement.type)} (${where})`, { code: "SQL", where, advice: "Foretop only reads: write one SELECT." });
  }
  const parsed: ParsedSelect = {
    sql,
    tokens,
    statement,
    indexOf: (node) => (typeof node.fields["location"] === "number" && node.fields["location"] >= 0 ? indexOfByte(node.fields["location"]) : -1),
  };
  if (cache.size >= CACHE_SIZE_MAX) cache.delete(cache.keys().next().value!);
  cache.set(dialect + sql, parsed);
  return parsed;
}

/** The nodes below a value of the tree, itself included, parents first. `visit` gets the ancestors, nearest last. */
export function walk(value: unknown, visit: (node: SqlNode, ancestors: readonly SqlNode[]) => void, ancestors: readonly SqlNode[] = []): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit, ancestors);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    // Node types begin with a capital, fields with a small letter; the two branches of a UNION come without their type.
    const type = key === "larg" || key === "rarg" ? "SelectStmt" : key;
    if (/^[A-Z]/.test(type) && typeof child === "object" && child !== null && !Array.isArray(child)) {
      const node: SqlNode = { type, fields: child as Record<string, unknown> };
      visit(node, ancestors);
      walk(child, visit, [...ancestors, node]);
    } else {
      walk(child, visit, ancestors);
    }
  }
}

/** The one node in a `{ Type: fields }` wrapper, or null. */
export function nodeIn(value: unknown): SqlNode | null {
  if (typeof value !== "object" || value === null) return null;
  const [entry] = Object.entries(value);
  return entry === undefined ? null : { type: entry[0], fields: entry[1] as Record<string, unknown> };
}

/** Names in a list of String nodes, e.g. the parts of a function's name. */
export function namesIn(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item) => {
    const name = nodeIn(item)?.fields["sval"];
    return typeof name === "string" ? [name] : [];
  });
}

const CACHE_SIZE_MAX = 64; // each detector has one or two queries, parsed again for every interval otherwise
const cache = new Map<string, ParsedSelect>();

function refuseForeignParameter(sql: string, token: Token): void {
  const isForeign =
    token.kind === "positional" || (token.kind === "parameter" && !(PARAMETER_NAMES as readonly string[]).includes(token.text.toLowerCase()));
  if (!isForeign) return;
  const where = positionIn(sql, token.start);
  throw new UserError(`${token.text} is not a parameter that Foretop binds (${where})`, {
    code: "SQL",
    where,
    advice: "The parameters are :start and :end, the interval's bounds.",
  });
}

/**
 * The same text, character for character as long, in words that PostgreSQL's parser knows: parameters become
 * placeholders, Redshift's \' becomes ''. Positions in the tree are so positions in the user's text.
 */
function parseable(tokens: readonly Token[], dialect: Dialect): string {
  return tokens
    .map((token) => {
      if (token.kind === "parameter") return (token.text.toLowerCase() === ":start" ? "$1" : "$2").padEnd(token.text.length);
      if (token.kind === "string" && dialect === "redshift" && token.text.startsWith("'")) {
        return `'${token.text.slice(1, -1).replace(/\\./gs, (pair) => (pair === "\\'" ? "''" : pair))}'`;
      }
      return token.text;
    })
    .join("");
}

function parseStatements(sql: string, text: string): { node: SqlNode; byte: number }[] {
  try {
    const { stmts = [] } = parseSync(text);
    return stmts.map((entry) => ({ node: nodeIn(entry.stmt)!, byte: entry.stmt_location ?? 0 }));
  } catch (error) {
    if (!(error instanceof SqlError) || error.sqlDetails === undefined) {
      throw new UserError(`the query could not be parsed: ${error instanceof Error ? error.message : String(error)}`, { code: "SQL", cause: error });
    }
    const index = Array.from(text).slice(0, error.sqlDetails.cursorPosition).join("").length;
    const where = positionIn(sql, index);
    throw new UserError(`${error.sqlDetails.message} (${where})`, {
      code: "SQL",
      where,
      advice: "The query must be one SELECT in PostgreSQL's or Redshift's SQL.",
      cause: error,
    });
  }
}

/** Converts positions in UTF-8 bytes to indexes of a JavaScript string. */
function byteIndex(text: string): (byte: number) => number {
  if (/^[\0-\x7f]*$/.test(text)) return (byte) => byte;
  const bytes = Buffer.from(text);
  return (byte) => bytes.subarray(0, byte).toString().length;
}

/** "DeleteStmt" → "DELETE", "CreateTableAsStmt" → "CREATE TABLE AS". */
export function statementName(type: string): string {
  return type.replace(/Stmt$/, "").replace(/([a-z])([A-Z])/g, "$1 $2").toUpperCase();
}
