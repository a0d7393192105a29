/** What `doctor` wants to know of a warehouse. Findings are answers, not errors: this never throws for one. */
import { adviceOf, describeError } from "../../telemetry/errors.ts";
import { readsFinding } from "../check-findings.ts";
import type { Finding } from "../check-findings.ts";
import type { BoundQuery, Cell, Source, SourceFinding } from "../connector.ts";
import { isUtcZone, newToken } from "./data-api.ts";
import { placeText } from "./place.ts";
import { readDirect } from "./read-direct.ts";
import type { RedshiftSourceParts } from "./redshift-source.ts";
import { listKeys } from "./s3-folder.ts";
import { locationOf } from "./s3-location.ts";

const CHECK_MS_MAX = 30_000;
const CLOCK_SKEW_SECONDS_MAX = 5;

export async function checkRedshift(source: Source, parts: RedshiftSourceParts, query: BoundQuery | null, timestampColumn: string | null): Promise<readonly SourceFinding[]> {
  const findings: SourceFinding[] = [{ check: "connects", level: "ok", message: `reaches ${placeText(parts.place)} through the Redshift Data API`, advice: null }];
  const add = async (check: SourceFinding["check"], ask: () => Promise<Finding>): Promise<void> => {
    let finding: Finding;
    try {
      finding = await ask();
    } catch (error) {
      finding = { level: check === "reads" ? "error" : "warning", message: `not known: ${describeError(error)}`, advice: adviceOf(error) ?? "Try again." };
    }
    findings.push({ check, ...finding });
  };
  await add("version", async () => ({ level: "ok", message: String((await firstRow(parts, "select version()"))[0]).slice(0, 100), advice: null }));
  await add("role", () => checkRole(parts));
  await add("clock", () => checkClock(parts));
  if (query !== null) {
    await add("reads", () => checkReads(source, parts, query, timestampColumn));
    findings.push({ check: "index", level: "ok", message: "Redshift has no indexes: make the timestamp the table's sort key", advice: null });
  }
  return findings;
}

async function firstRow({ api }: RedshiftSourceParts, sql: string): Promise<readonly Cell[]> {
  for await (const { rows } of readDirect(api, { sql, parameters: [] }, { rowsPerBatch: 1, timeoutMs: CHECK_MS_MAX }, "asking the warehouse")) return rows[0]!;
  return [];
}

async function checkRole(parts: RedshiftSourceParts): Promise<Finding> {
  const [user, isSuper, zone] = await firstRow(parts, "select current_user::varchar, usesuper, current_setting('timezone')::varchar from pg_user where usename = current_user");
  if (isSuper === true) return { level: "warning", message: `the user ${String(user)} is a superuser: more powerful than reading needs`, advice: "Create a user for Foretop; `foretop source policy` prints what it needs." };
  if (isUtcZone(parts.zone) && !isUtcZone(String(zone))) {
    return { level: "warning", message: `sessions of ${String(user)} begin in the time zone ${String(zone)}, the dataset's is UTC`, advice: `ALTER USER ${String(user)} SET timezone TO 'UTC', or give the dataset that zone.` };
  }
  return { level: "ok", message: `${String(user)} is an ordinary user`, advice: null };
}

/** By the instant at which the service says that it took a statement. */
async function checkClock({ api }: RedshiftSourceParts): Promise<Finding> {
  const before = Date.now();
  const { id, createdMs } = await api.submit({ sql: "select 1", parameters: [], name: null, token: newToken(null) });
  const after = Date.now();
  await api.waitUntilEnded(id, { timeoutMs: CHECK_MS_MAX, doing: "asking the warehouse" });
  if (createdMs === null) return { level: "ok", message: "the service's clock is not known", advice: null };
  const skew = (createdMs - (before + after) / 2) / 1000;
  const message = `AWS's clock is ${Math.abs(skew).toFixed(1)} s ${skew < 0 ? "behind" : "ahead of"} this machine's`;
  if (Math.abs(skew) <= CLOCK_SKEW_SECONDS_MAX + (after - before) / 2000) return { level: "ok", message, advice: null };
  return { level: "warning", message, advice: "Intervals are closed by this machine's clock, and AWS refuses requests that are 15 minutes off: run NTP." };
}

async function checkReads(source: Source, { s3, unload, publish }: RedshiftSourceParts, query: BoundQuery, timestampColumn: string | null): Promise<Finding> {
  const names = (await source.describe(query)).map(({ name }) => name);
  if (s3 !== null && unload !== null) await listKeys(s3, locationOf(`${unload.to}attempts/foretop-none/`));
  const ways = `${unload === null ? "" : `, unloaded to ${unload.to}`}${publish === null ? "" : `, published at ${publish.live}`}`;
  return readsFinding(names, timestampColumn, ways);
}
