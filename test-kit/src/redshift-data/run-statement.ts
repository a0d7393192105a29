/** Runs statements of one request on PostgreSQL, in one session and transaction, as the Data API does on Redshift. */
import { Client, DatabaseError } from "pg";
import type { QueryArrayConfig } from "pg";
import { isAllowed } from "../auth/policy.ts";
import type { S3Store } from "../s3/s3-store.ts";
import type { Role } from "../sts/sts-service.ts";
import { parseUnload, SqlError } from "./parse-unload.ts";
import type { Unload } from "./parse-unload.ts";
import { pgType } from "./pg-types.ts";
import { REDSHIFT_SCHEMA } from "./redshift-functions.ts";
import { rewriteSql } from "./rewrite-sql.ts";
import { manifestText, unloadFiles } from "./unload-files.ts";
import type { ResultColumn, TextRow } from "./unload-files.ts";

export interface Session {
  readonly url: URL;
  /** how to log in: a user with a password, or as one whom IAM vouches for */
  readonly login: { readonly user: string; readonly password: string } | { readonly sessionUser: string | null };
}

export interface Result {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly TextRow[];
  /** false for what gives no rows by its nature: SET, UNLOAD, INSERT */
  readonly hasResultSet: boolean;
  readonly rowCount: number;
}

export interface UnloadWorld {
  readonly s3: S3Store;
  readonly roles: ReadonlyMap<string, Role>;
  readonly warehouseRegion: string;
}

export interface SqlParameter {
  readonly name: string;
  readonly value: string;
}

/** A session that is open; `cancel` ends what it does. */
export async function openSession({ url, login }: Session): Promise<Client> {
  const address = new URL(url);
  if ("user" in login) [address.username, address.password] = [encodeURIComponent(login.user), encodeURIComponent(login.password)];
  const client = new Client({ connectionString: address.href, application_name: "redshift-data" });
  client.on("error", () => {}); // it also rejects the query
  await client.connect();
  // A session of Redshift begins in UTC, whatever the zone of this machine is.
  await client.query(`set timezone to 'UTC'; set datestyle to 'ISO, MDY'; set search_path to "$user", public, ${REDSHIFT_SCHEMA}`);
  if ("sessionUser" in login && login.sessionUser !== null) await client.query(`set session authorization "${login.sessionUser.replaceAll('"', '""')}"`);
  return client;
}

export async function runStatement(client: Client, sql: string, parameters: readonly SqlParameter[], world: UnloadWorld): Promise<Result> {
  const unload = parseUnload(sql);
  if (unload === null) return query(client, sql, parameters);
  return runUnload(client, unload, world);
}

async function query(client: Client, sql: string, parameters: readonly SqlParameter[]): Promise<Result> {
  const rewritten = rewriteSql(sql);
  const values = rewritten.parameters.map((name) => {
    const parameter = parameters.find((candidate) => candidate.name === name);
    if (parameter === undefined) throw new SqlError(`syntax error at or near ":"`);
    return parameter.value;
  });
  const config: QueryArrayConfig & { queryMode: "extended" } = {
    text: rewritten.sql.replace(/;\s*$/, ""),
    values,
    rowMode: "array",
    types: { getTypeParser: () => (text: string) => text },
    queryMode: "extended", // takes one statement only, as ExecuteStatement does
  };
  const result = await client.query<(string | null)[]>(config);
  return {
    columns: result.fields.map(({ name, dataTypeID, dataTypeModifier }) => ({ name, type: pgType(dataTypeID), ...digitsOf(dataTypeID, dataTypeModifier) })),
    rows: result.rows,
    hasResultSet: result.fields.length > 0,
    rowCount: result.rowCount ?? 0,
  };
}

const NUMERIC = 1700;

/** PostgreSQL's modifier of numeric(p, s): p in the upper half, 4 added to all. A sum has none here, and 38 digits on Redshift. */
function digitsOf(type: number, modifier: number): Pick<ResultColumn, "digits"> {
  return type === NUMERIC && modifier >= 4 ? { digits: { precision: (modifier - 4) >> 16, scale: (modifier - 4) & 0x7ff } } : {};
}

/** https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html */
async function runUnload(client: Client, unload: Unload, { s3, roles, warehouseRegion }: UnloadWorld): Promise<Result> {
  const role = roles.get(unload.iamRole);
  if (role === undefined) throw new SqlError(`User arn:aws:redshift is not authorized to assume IAM Role ${unload.iamRole}`);
  const may = (action: string, key: string): void => {
    const resource = `arn:aws:s3:::${unload.bucket}${key === "" ? "" : `/${key}`}`;
    if (!isAllowed(role.policy, { action, resource, context: { "s3:prefix": unload.prefix } })) {
      throw new SqlError(`S3ServiceException:User: ${role.arn} is not authorized to perform: ${action} on resource: "${resource}",Status 403,Error AccessDenied`);
    }
  };
  const bucket = s3.buckets.get(unload.bucket);
  if (bucket === undefined) throw new SqlError("S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket");
  if (bucket.region !== (unload.region ?? warehouseRegion)) throw new SqlError("S3ServiceException:The S3 bucket addressed by the query is in a different region from this cluster.,Status 301,Error PermanentRedirect");
  may("s3:ListBucket", "");
  const existing = s3.keys(unload.bucket, unload.prefix);
  if (existing.length > 0 && !unload.allowOverwrite && !unload.cleanPath) {
    throw new SqlError("Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually removing the target files in S3, or using the ALLOWOVERWRITE option.");
  }
  const { columns, rows } = await query(client, unload.select, []);
  if (unload.cleanPath) {
    for (const key of existing) {
      may("s3:DeleteObject", key);
      s3.delete(unload.bucket, key);
    }
  }
  const files = unloadFiles(unload, columns, rows);
  for (const { key, bytes } of files) {
    may("s3:PutObject", key);
    s3.put(unload.bucket, key, bytes);
  }
  if (unload.manifest !== "none") {
    may("s3:PutObject", `${unload.prefix}manifest`);
    s3.put(unload.bucket, `${unload.prefix}manifest`, manifestText(unload, columns, files));
  }
  return { columns: [], rows: [], hasResultSet: false, rowCount: rows.length };
}

/** As Redshift words it. */
export function redshiftError(error: unknown): string {
  if (error instanceof SqlError) return `ERROR: ${error.message}`;
  const severity = error instanceof DatabaseError ? (error.severity ?? "ERROR") : "ERROR";
  const message = error instanceof Error ? error.message : String(error);
  return `${severity}: ${message.replace(/permission denied for table/, "permission denied for relation")}`;
}

