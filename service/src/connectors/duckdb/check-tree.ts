/**
 * A query as DuckDB itself parses it, held against what it may name: the source's tables and its own WITH, functions that compute, and
 * table functions that make rows from nothing. The engine is locked besides (files/engine.ts); this one gives the clear words.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { SourceError } from "../../telemetry/errors.ts";
import { positionIn } from "../sql/position.ts";
import { refusedFunction } from "../sql/refused-functions.ts";

/** Throws SourceError "REFUSED", "QUERY" or "NOT_FOUND", with line and column. */
export async function checkTree(connection: DuckDBConnection, sql: string, tableNames: readonly string[]): Promise<void> {
  const result = await connection.run("select json_serialize_sql($1::varchar, skip_null := true, skip_empty := true)::varchar", [sql]);
  const tree = JSON.parse(String((await result.getRows())[0]![0])) as Tree;
  if (tree.error) {
    const isStatement = /Only SELECT/i.test(tree.error_message ?? "");
    const where = typeof tree.position === "string" || typeof tree.position === "number" ? ` (${positionIn(sql, Number(tree.position))})` : "";
    throw new SourceError(isStatement ? "the query is not one SELECT; it is refused" : `the query can't be parsed${where}: ${tree.error_message ?? ""}`, {
      code: isStatement ? "REFUSED" : "QUERY",
      transient: false,
      advice: "Write one SELECT in DuckDB's SQL.",
    });
  }
  if (tree.statements?.length !== 1) throw new SourceError(`the query holds ${tree.statements?.length ?? 0} statements`, { code: "REFUSED", transient: false, advice: "Keep one SELECT." });
  const known = new Set(tableNames.map((name) => name.toLowerCase()));
  walk(tree.statements, (node) => {
    const key = node["cte_map"] as { map?: { key: string }[] } | undefined;
    for (const entry of key?.map ?? []) known.add(entry.key.toLowerCase());
    if (typeof node["cte_name"] === "string") known.add(node["cte_name"].toLowerCase());
  });
  walk(tree.statements, (node) => refuseNode(node, sql, known, tableNames));
}

interface Tree {
  readonly error: boolean;
  readonly error_message?: string;
  readonly position?: unknown;
  readonly statements?: readonly unknown[];
}

type Node = Readonly<Record<string, unknown>>;

const ROW_MAKERS: ReadonlySet<string> = new Set(["range", "generate_series", "unnest", "generate_subscripts", "repeat", "repeat_row"]);

function refuseNode(node: Node, sql: string, known: ReadonlySet<string>, tableNames: readonly string[]): void {
  const refuse = (what: string, advice: string, code: "REFUSED" | "NOT_FOUND" = "REFUSED"): never => {
    const at = Number(node["query_location"]);
    const where = Number.isSafeInteger(at) && at < sql.length ? ` (${positionIn(sql, at)})` : "";
    throw new SourceError(`${what}${where}`, { code, transient: false, advice });
  };
  switch (node["type"]) {
    case "BASE_TABLE": {
      const name = String(node["table_name"]);
      const place = [node["catalog_name"], node["schema_name"]].filter((part) => typeof part === "string" && part !== "");
      if (place.length > 0 && place.join(".") !== "main") refuse(`${place.join(".")}.${name} is none of the source's tables; it is refused`, `There are: ${tableNames.join(", ")}.`);
      if (known.has(name.toLowerCase())) return;
      if (/[/\\.:*?]/.test(name)) refuse("the query names a file; it is refused", "Queries see the configured tables only: put the file into the source's folder.");
      refuse(`there is no table ${name}`, `There are: ${tableNames.join(", ")}.`, "NOT_FOUND");
      return;
    }
    case "TABLE_FUNCTION": {
      const name = String((node["function"] as Node | undefined)?.["function_name"]);
      if (!ROW_MAKERS.has(name)) refuse(`the table function ${name} is refused`, `Queries see the configured tables (${tableNames.join(", ")}), no files and no settings.`);
      return;
    }
    case "SHOW_REF":
      refuse("DESCRIBE, SHOW and SUMMARIZE are refused", "Write one SELECT.");
      return;
    case "FUNCTION": {
      const name = String(node["function_name"]);
      const reason = refusedFunction([name], "duckdb");
      if (reason !== null && !ROW_MAKERS.has(name)) refuse(`the function ${name} ${reason}; it is refused`, "Queries may compute, not act.");
      return;
    }
    default:
  }
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit);
  else if (typeof value === "object" && value !== null) {
    visit(value as Node);
    for (const child of Object.values(value)) walk(child, visit);
  }
}
