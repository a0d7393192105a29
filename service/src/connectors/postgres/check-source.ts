/** What `doctor` wants to know of a source. Findings are answers, not errors: this never throws for one. */
import { adviceOf, describeError } from "../../telemetry/errors.ts";
import { clockFinding, readsFinding } from "../check-findings.ts";
import type { Finding } from "../check-findings.ts";
import type { BoundQuery, Source, SourceFinding } from "../connector.ts";
import type { Connection } from "./connection.ts";
import { placeOf } from "./connection.ts";

export async function checkSource(
  source: Source,
  connection: Connection,
  query: BoundQuery | null,
  timestampColumn: string | null,
): Promise<readonly SourceFinding[]> {
  const findings: SourceFinding[] = [
    { check: "connects", level: "ok", message: `connected to ${placeOf(connection.address)}${connection.address.ssl === false ? " without encryption" : ""}`, advice: null },
  ];
  const add = async (check: SourceFinding["check"], ask: () => Promise<Finding>): Promise<void> => {
    let finding: Finding;
    try {
      finding = await ask();
    } catch (error) {
      finding = { level: check === "reads" ? "error" : "warning", message: `not known: ${describeError(error)}`, advice: adviceOf(error) };
    }
    findings.push({ check, ...finding });
  };
  await add("version", () => checkVersion(connection));
  await add("role", () => checkRole(connection));
  await add("clock", () => checkClock(connection));
  if (query !== null) {
    await add("reads", () => checkReads(source, query, timestampColumn));
    await add("index", () => checkIndex(connection, query));
  }
  return findings;
}

/** Older majors get no security fixes; the SQL that is sent works from 9.4 on. */
const OLDEST_SUPPORTED_MAJOR = 14;

async function checkVersion({ version, isRedshift }: Connection): Promise<Finding> {
  if (isRedshift) return { level: "ok", message: `Amazon Redshift ${/Redshift ([\d.]+)/.exec(version)?.[1] ?? ""}`.trim(), advice: null };
  const major = Number(/PostgreSQL (\d+)/.exec(version)?.[1] ?? 0);
  const name = /^\S+ \S+/.exec(version)?.[0] ?? version;
  if (major >= OLDEST_SUPPORTED_MAJOR) return { level: "ok", message: name, advice: null };
  return { level: "warning", message: `${name} is out of support`, advice: `Upgrade to PostgreSQL ${OLDEST_SUPPORTED_MAJOR} or later.` };
}

/** A read-only transaction is not a sandbox: what the role may do, a mistake in a query may do, too. */
async function checkRole({ client, isRedshift, address }: Connection): Promise<Finding> {
  if (isRedshift) {
    const { rows } = await client.query<{ usesuper: boolean }>("select usesuper from pg_user where usename = current_user");
    return rows[0]?.usesuper === true ? tooPowerful(address.user, ["is a superuser"]) : { level: "ok", message: `${address.user} is an ordinary role`, advice: null };
  }
  const { rows } = await client.query<Record<"super" | "createrole" | "createdb" | "replication" | "bypassrls", boolean> & { member: string[] | null; writable: string | null }>(`
    select rolsuper as super, rolcreaterole as createrole, rolcreatedb as createdb, rolreplication as replication, rolbypassrls as bypassrls,
           (select array_agg(name) from unnest(array['pg_read_server_files','pg_write_server_files','pg_execute_server_program','pg_write_all_data','pg_signal_backend']) as name
             where exists (select from pg_roles r where r.rolname = name) and pg_has_role(current_user, name, 'usage')) as member,
           (select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r','p') and n.nspname not in ('pg_catalog','information_schema')
               and has_table_privilege(c.oid, 'insert, update, delete, truncate') limit 1) as writable
      from pg_roles where rolname = current_user`);
  const role = rows[0]!;
  const powers: string[] = [];
  if (role.super) powers.push("is a superuser");
  else {
    if (role.createrole) powers.push("may create roles");
    if (role.createdb) powers.push("may create databases");
    if (role.replication) powers.push("may replicate");
    if (role.bypassrls) powers.push("bypasses row security");
    for (const name of role.member ?? []) powers.push(`is a member of ${name}`);
    if (role.writable !== null) powers.push(`may change tables (${role.writable})`);
  }
  return powers.length === 0 ? { level: "ok", message: `${address.user} can only read`, advice: null } : tooPowerful(address.user, powers);
}

function tooPowerful(user: string, powers: readonly string[]): Finding {
  return {
    level: "warning",
    message: `the role ${user} is more powerful than reading needs: it ${powers.join(", ")}`,
    advice: "Create a role for Foretop: CREATE ROLE foretop_reader LOGIN PASSWORD '…'; GRANT SELECT ON the tables of the query TO foretop_reader;",
  };
}

async function checkClock({ client }: Connection): Promise<Finding> {
  const beforeMs = Date.now();
  const { rows } = await client.query<{ ms: string }>("select (extract(epoch from clock_timestamp_text::timestamptz) * 1000)::bigint::text as ms from (select timeofday()::timestamptz as clock_timestamp_text) as t");
  return clockFinding(Number(rows[0]!.ms), { beforeMs, afterMs: Date.now() });
}

async function checkReads(source: Source, query: BoundQuery, timestampColumn: string | null): Promise<Finding> {
  return readsFinding((await source.describe(query)).map(({ name }) => name), timestampColumn);
}

/** Tables of more rows that are read from end to end for each interval deserve a warning. */
const FULL_SCAN_ROWS_MAX = 100_000;

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Asks the planner, not the catalogue: what counts is whether this statement reads a big table from end to end. */
async function checkIndex({ client, isRedshift }: Connection, query: BoundQuery): Promise<Finding> {
  if (isRedshift) return { level: "ok", message: "Redshift has no indexes: make the timestamp the table's sort key", advice: null };
  const { rows } = await client.query<{ "QUERY PLAN": readonly { Plan: PlanNode }[] }>({
    text: `explain (format json) ${query.sql}`,
    values: query.parameters.map((ms) => new Date(ms).toISOString()),
  });
  const scanned = [...new Set(fullScans(rows[0]!["QUERY PLAN"][0]!.Plan))];
  const { rows: sizes } = await client.query<{ name: string; rows: number }>(
    "select relname as name, max(reltuples)::float8 as rows from pg_class where relname = any($1) and relkind in ('r','p','m') group by relname",
    [scanned],
  );
  const big = sizes.filter((table) => table.rows > FULL_SCAN_ROWS_MAX);
  if (big.length === 0) return { level: "ok", message: "no big table is read from end to end for an interval", advice: null };
  const list = big.map((table) => `${table.name} (about ${Math.round(table.rows)} rows)`).join(", ");
  return {
    level: "warning",
    message: `for each interval the database reads all of ${list}`,
    advice: `Index the timestamp: CREATE INDEX CONCURRENTLY ON ${big[0]!.name} (…timestamp column…); then ANALYZE ${big[0]!.name};`,
  };
}

function fullScans(node: PlanNode): string[] {
  const own = node["Node Type"] === "Seq Scan" && node["Relation Name"] !== undefined ? [node["Relation Name"]] : [];
  return [...own, ...(node.Plans ?? []).flatMap(fullScans)];
}
