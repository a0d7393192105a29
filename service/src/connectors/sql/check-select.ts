/** Refuses, before anything is sent, every text that isn't exactly one harmless SELECT. */
import { UserError } from "../../telemetry/errors.ts";
import type { Dialect } from "./dialect.ts";
import { namesIn, nodeIn, parseSelect, statementName, walk } from "./parse-select.ts";
import type { ParsedSelect, SqlNode } from "./parse-select.ts";
import { positionIn } from "./position.ts";
import { refusedFunction } from "./refused-functions.ts";

export interface CheckedSelect {
  /** names of the result's columns, as the database will call them; null where the text doesn't say (`select *`) */
  readonly columns: readonly (string | null)[];
  /** what is allowed but probably not meant */
  readonly remarks: readonly string[];
}

/**
 * Throws UserError (code "SQL" or "REFUSED") with line and column: several statements, anything but SELECT (also
 * inside a WITH), SELECT INTO, FOR UPDATE, functions that do more than compute (refused-functions.ts), quotes that
 * are not closed, parameters other than :start and :end.
 */
export function checkSelect(sql: string, dialect: Dialect): CheckedSelect {
  const parsed = parseSelect(sql, dialect);
  walk({ [parsed.statement.type]: parsed.statement.fields }, (node) => refuseNode(parsed, node));
  return { columns: resultColumns(parsed.statement), remarks: remarksOn(parsed.statement) };
}

function refuseNode(parsed: ParsedSelect, node: SqlNode): void {
  if (node.type.endsWith("Stmt") && node.type !== "SelectStmt") {
    throw refused(parsed, node, `the query holds ${statementName(node.type)}`, "Foretop only reads: take it out of the WITH clause.");
  }
  if (node.type === "SelectStmt" && node.fields["intoClause"] !== undefined) {
    throw refused(parsed, node, "SELECT … INTO creates a table", "Take the INTO out: Foretop reads the rows itself.");
  }
  if (node.type === "LockingClause") {
    throw refused(parsed, node, "FOR UPDATE and FOR SHARE lock rows", "Take the clause out: Foretop only reads.");
  }
  if (node.type === "FuncCall") {
    const name = namesIn(node.fields["funcname"]);
    const reason = refusedFunction(name);
    if (reason !== null) {
      throw refused(parsed, node, `the function ${name.join(".")} ${reason}`, "Queries may compute, not act on the server. If it is a harmless function of yours of that name, give it another name.");
    }
  }
}

function refused(parsed: ParsedSelect, node: SqlNode, what: string, advice: string): UserError {
  const index = parsed.indexOf(node);
  const where = index >= 0 ? positionIn(parsed.sql, index) : null;
  return new UserError(where === null ? `${what}; it is refused` : `${what}; it is refused (${where})`, { code: "REFUSED", where, advice });
}

/** Of a UNION the first branch names the columns. */
function resultColumns(statement: SqlNode): (string | null)[] {
  const left = statement.fields["larg"];
  if (left !== undefined) return resultColumns({ type: "SelectStmt", fields: left as Record<string, unknown> });
  const targets = statement.fields["targetList"];
  return Array.isArray(targets) ? targets.map(targetName) : [null];
}

function targetName(target: unknown): string | null {
  const fields = nodeIn(target)!.fields;
  if (typeof fields["name"] === "string") return fields["name"];
  const value = nodeIn(fields["val"]);
  switch (value?.type) {
    case "ColumnRef":
      return endsInStar(value.fields["fields"]) ? null : (namesIn(value.fields["fields"]).at(-1) ?? null);
    case "FuncCall":
      return namesIn(value.fields["funcname"]).at(-1) ?? null;
    case "TypeCast": {
      const inner = targetName({ ResTarget: { val: value.fields["arg"] } });
      const type = (value.fields["typeName"] as Record<string, unknown> | undefined)?.["names"];
      return inner ?? namesIn(type).at(-1) ?? null;
    }
    default:
      return null;
  }
}

function endsInStar(list: unknown): boolean {
  return Array.isArray(list) && nodeIn(list.at(-1))?.type === "A_Star";
}

function remarksOn(statement: SqlNode): string[] {
  const remarks: string[] = [];
  if (statement.fields["limitCount"] !== undefined) {
    remarks.push("the query ends in a LIMIT: rows beyond it are not seen, in history and in every interval");
  }
  if (statement.fields["sortClause"] !== undefined) {
    remarks.push("the query ends in an ORDER BY: the order of rows doesn't matter, sorting only costs the source time");
  }
  return remarks;
}
