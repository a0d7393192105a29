/** Which tables and views a query names, for grants. Names of its own WITH are none. */
import type { QueryConfig } from "../../resources/detector.ts";
import { checkTokens } from "./check-tokens.ts";
import type { Dialect } from "./dialect.ts";
import { parseSelect, walk } from "./parse-select.ts";
import { quoteName } from "./quote-name.ts";
import { isCode } from "./tokenise.ts";

/** As written, schema included, each once, in order. Throws UserError for a query that can't be read. */
export function tablesIn(query: QueryConfig, dialect: Dialect): string[] {
  if (query.kind === "files") return [];
  const sql = query.kind === "bound" ? query.sql : query.historicalSql;
  return dialect === "mysql" || dialect === "duckdb" ? tablesInTokens(sql, dialect) : tablesInTree(sql, dialect);
}

function tablesInTree(sql: string, dialect: Dialect): string[] {
  const parsed = parseSelect(sql, dialect);
  const { statement } = parsed;
  const tree = { [statement.type]: statement.fields };
  const own = new Set<string>();
  walk(tree, ({ type, fields }) => {
    if (type === "CommonTableExpr") own.add(String(fields["ctename"]));
  });
  const tables: { name: string; at: number }[] = [];
  walk(tree, (node) => {
    const { type, fields } = node;
    if (type !== "RangeVar") return;
    const [schema, name] = [fields["schemaname"], String(fields["relname"])];
    if (typeof schema !== "string" && own.has(name)) return;
    tables.push({ name: [...(typeof schema === "string" ? [schema] : []), name].map(shownName).join("."), at: parsed.indexOf(node) });
  });
  return [...new Set(tables.sort((a, b) => a.at - b.at).map(({ name }) => name))];
}

function shownName(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : quoteName(name);
}

/** After FROM and JOIN, and after a comma in between, stands a table, unless it is a parenthesis or a function. */
function tablesInTokens(sql: string, dialect: "mysql" | "duckdb"): string[] {
  const code = checkTokens(sql, dialect).tokens.filter(isCode);
  const word = (i: number): string => code[i]?.text.toLowerCase() ?? "";
  const isName = (i: number): boolean => code[i]?.kind === "word" || code[i]?.kind === "quoted";
  const own = new Set(code.flatMap((token, i) => (isName(i) && word(i + 1) === "as" && word(i + 2) === "(" ? [token.text.toLowerCase()] : [])));
  const tables = new Set<string>();
  for (let i = 0; i < code.length; i++) {
    if (word(i) !== "from" && word(i) !== "join") continue;
    // extract(year from ts), trim(both from x): a FROM within a call's parentheses that has no SELECT
    if (word(i) === "from" && !opensQuery(code.map(({ text }) => text.toLowerCase()), i)) continue;
    for (let at = i + 1; isName(at); ) {
      let name = code[at]!.text;
      at += 1;
      while (word(at) === "." && isName(at + 1)) {
        name += `.${code[at + 1]!.text}`;
        at += 2;
      }
      if (word(at) !== "(" && !own.has(name.toLowerCase())) tables.add(name);
      if (word(at) === "as") at += 1;
      if (isName(at) && !CLAUSES.has(word(at))) at += 1;
      if (word(at) !== ",") break;
      at += 1;
    }
  }
  return [...tables];
}

const CLAUSES = new Set(["where", "group", "order", "having", "limit", "join", "left", "right", "inner", "cross", "natural", "union", "on", "using", "window", "select", "straight_join", "use", "force", "ignore", "partition", "full", "anti", "semi", "asof", "qualify", "offset", "fetch"]);

/** Whether the innermost parenthesis around a FROM holds a SELECT (or the FROM begins it). */
function opensQuery(words: readonly string[], from: number): boolean {
  let depth = 0;
  for (let i = from - 1; i >= 0; i--) {
    if (words[i] === ")") depth += 1;
    else if (words[i] === "(") {
      if (depth === 0) return i === from - 1;
      depth -= 1;
    } else if (depth === 0 && words[i] === "select") return true;
  }
  return true;
}
