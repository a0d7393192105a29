/** What `doctor` wants to know of a source. Findings are answers, not errors: this never throws for one. */
import { adviceOf, describeError } from "../../telemetry/errors.ts";
import { clockFinding, readsFinding } from "../check-findings.ts";
import type { Finding } from "../check-findings.ts";
import type { BoundQuery, Source, SourceFinding } from "../connector.ts";
import type { Connection } from "./connection.ts";
import { placeOf } from "./connection.ts";

export async function checkSource(source: Source, connection: Connection, query: BoundQuery | null, timestampColumn: string | null): Promise<readonly SourceFinding[]> {
  const { address } = connection;
  const findings: SourceFinding[] = [
    { check: "connects", level: "ok", message: `connected to ${placeOf(address)}${address.ssl === false ? " without encryption" : ""}`, advice: null },
  ];
  const add = async (check: SourceFinding["check"], ask: () => Promise<Finding>): Promise<void> => {
    let finding: Finding;
    try {
      finding = await ask();
    } catch (error) {
      finding = { level: check === "reads" ? "error" : "warning", message: `not known: ${describeError(error)}`, advice: adviceOf(error) ?? "Ask the database's administrator." };
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

/** Older ones get no security fixes; WITH and window functions came with MariaDB 10.2 and MySQL 8. */
const OLDEST = { mariaDb: [10, 6], mysql: [8, 0] } as const;

async function checkVersion({ version, isMariaDb }: Connection): Promise<Finding> {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version.replace(/^5\.5\.5-/, "")) ?? ["", "0", "0"];
  const [oldMajor, oldMinor] = isMariaDb ? OLDEST.mariaDb : OLDEST.mysql;
  const name = `${isMariaDb ? "MariaDB" : "MySQL"} ${major}.${minor}`;
  const isOld = Number(major) < oldMajor || (Number(major) === oldMajor && Number(minor) < oldMinor);
  if (!isOld) return { level: "ok", message: name, advice: null };
  return { level: "warning", message: `${name} is out of support`, advice: `Upgrade to ${isMariaDb ? "MariaDB" : "MySQL"} ${oldMajor}.${oldMinor} or later.` };
}

/** A read-only transaction is not a sandbox: what the user may do, a mistake in a query may do, too. */
const HARMLESS_GRANTS = /^GRANT (USAGE|SELECT(?: \([^)]*\))?|SHOW VIEW|EXECUTE|SELECT, SHOW VIEW)(?:, (?:SHOW VIEW|EXECUTE))* ON /i;

async function checkRole(connection: Connection): Promise<Finding> {
  const rows = await connection.query<Record<string, string>>("show grants");
  const grants = rows.map((row) => Object.values(row)[0]!.replace(/ IDENTIFIED .*$/i, ""));
  const { user } = connection.address;
  // The grant of a role says nothing of what it may; its own grants are in the list when it is active.
  const powers = grants.filter((grant) => / ON /.test(grant) && (!HARMLESS_GRANTS.test(grant) || /WITH (ADMIN|GRANT) OPTION/i.test(grant)));
  if (powers.length === 0) return { level: "ok", message: `${user} can only read`, advice: null };
  const shown = powers[0]!.replace(/^GRANT /i, "").replace(/ TO .*$/i, "").slice(0, 120);
  return {
    level: "warning",
    message: `the user ${user} is more powerful than reading needs: it has ${shown}`,
    advice: "Create a user for Foretop: CREATE USER foretop_reader IDENTIFIED BY '…'; GRANT SELECT ON the tables of the query TO foretop_reader;",
  };
}

async function checkClock(connection: Connection): Promise<Finding> {
  const beforeMs = Date.now();
  const [row] = await connection.query<{ seconds: string | number }>("select unix_timestamp(now(6)) as seconds");
  return clockFinding(Number(row!.seconds) * 1000, { beforeMs, afterMs: Date.now() });
}

async function checkReads(source: Source, query: BoundQuery, timestampColumn: string | null): Promise<Finding> {
  return readsFinding((await source.describe(query)).map(({ name }) => name), timestampColumn);
}

/** Tables of more rows that are read from end to end for each interval deserve a warning. */
const FULL_SCAN_ROWS_MAX = 100_000;

/** Asks the planner, not the catalogue: what counts is whether this statement reads a big table from end to end. */
async function checkIndex(connection: Connection, query: BoundQuery): Promise<Finding> {
  const values = query.parameters.map((ms) => ms / 1000);
  const plan = await connection.query<{ table: string | null; type: string | null; rows: string | number | null }>(`explain ${query.sql}`, values);
  const big = plan.filter(({ type, rows }) => (type === "ALL" || type === "index") && Number(rows ?? 0) > FULL_SCAN_ROWS_MAX);
  if (big.length === 0) return { level: "ok", message: "no big table is read from end to end for an interval", advice: null };
  return {
    level: "warning",
    message: `for each interval the database reads all of ${big.map(({ table, rows }) => `${table} (about ${rows} rows)`).join(", ")}`,
    advice: `Index the timestamp: CREATE INDEX … ON ${big[0]!.table} (…timestamp column…);`,
  };
}
