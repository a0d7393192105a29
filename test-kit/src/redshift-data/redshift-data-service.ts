/**
 * The Redshift Data API.
 * https://docs.aws.amazon.com/redshift-data/latest/APIReference/Welcome.html
 */
import type { Signed, SignatureFailure } from "../auth/verify-signature.ts";
import { AwsError } from "../http/aws-error.ts";
import { authorise, countField, encodeJsonError, jsonInput, jsonOperation, jsonReply, jsonSignatureError, textField } from "../http/json-service.ts";
import type { JsonInput } from "../http/json-service.ts";
import type { KitReply } from "../http/reply.ts";
import type { KitRequest } from "../http/request.ts";
import type { SecretsStore } from "../secrets-manager/secrets-store.ts";
import type { KitService } from "../service.ts";
import { describeTable, listTables } from "./catalogue.ts";
import { BATCH_STATEMENTS_MAX, CLIENT_TOKEN_LENGTH_MAX, LIST_STATEMENTS_MAX, PAGE_ROWS, STATEMENT_BYTES_MAX, STATEMENT_NAME_LENGTH_MAX } from "./limits.ts";
import type { Session, SqlParameter } from "./run-statement.ts";
import type { Statement, Statements, SubStatement } from "./statements.ts";
import { tokens } from "./tokens.ts";
import type { Warehouse, Warehouses } from "./warehouse.ts";

export interface RedshiftDataOptions {
  readonly statements: Statements;
  readonly warehouses: Warehouses;
  readonly secrets: SecretsStore;
  /** rows on a page of a result */
  readonly pageRows?: number;
}

interface Target {
  readonly warehouse: Warehouse;
  readonly database: string;
  readonly secretArn: string | null;
  readonly dbUser: string | null;
  readonly session: () => Promise<Session>;
}

export class RedshiftDataService implements KitService {
  readonly name = "redshift-data";
  readonly #statements: Statements;
  readonly #warehouses: Warehouses;
  readonly #secrets: SecretsStore;
  readonly #pageRows: number;

  constructor({ statements, warehouses, secrets, pageRows = PAGE_ROWS }: RedshiftDataOptions) {
    this.#statements = statements;
    this.#warehouses = warehouses;
    this.#secrets = secrets;
    this.#pageRows = pageRows;
  }

  identify(request: KitRequest): { operation: string; target: string } {
    const [, target] = /"(?:Id|StatementName|Sql)"\s*:\s*"((?:[^"\\]|\\.){0,200})/.exec(request.body.toString()) ?? [];
    return { operation: jsonOperation(request), target: target ?? "" };
  }

  async handle(request: KitRequest, signed: Signed): Promise<KitReply> {
    const input = jsonInput(request);
    switch (jsonOperation(request)) {
      case "ExecuteStatement":
        return this.#submit(input, signed, [sqlOf(input["Sql"])]);
      case "BatchExecuteStatement":
        return this.#submit(input, signed, sqlsOf(input["Sqls"]));
      case "DescribeStatement":
        return this.#describeStatement(input, signed);
      case "GetStatementResult":
        return this.#getStatementResult(input, signed);
      case "CancelStatement": {
        const { statement } = this.#own(input, signed, "CancelStatement");
        await this.#statements.cancel(statement);
        return jsonReply(JSON.stringify({ Status: true }));
      }
      case "ListStatements":
        return this.#listStatements(input, signed);
      case "ListTables": {
        const target = this.#target(input, signed, "ListTables");
        return jsonReply(JSON.stringify(await listTables(await target.session(), input)));
      }
      case "DescribeTable": {
        const target = this.#target(input, signed, "DescribeTable");
        return jsonReply(JSON.stringify(await describeTable(await target.session(), input)));
      }
      default:
        throw new AwsError("UnknownOperationException", `the kit's Data API does not have ${jsonOperation(request)}`);
    }
  }

  #submit(input: JsonInput, signed: Signed, sqls: readonly string[]): KitReply {
    const isBatch = input["Sqls"] !== undefined;
    const target = this.#target(input, signed, isBatch ? "BatchExecuteStatement" : "ExecuteStatement");
    const name = textField(input, "StatementName", { lengthMax: STATEMENT_NAME_LENGTH_MAX });
    const token = textField(input, "ClientToken", { lengthMax: CLIENT_TOKEN_LENGTH_MAX });
    const parameters = parametersOf(input["Parameters"], sqls);
    const statement = this.#statements.submit({ ...target, sqls, isBatch, name, token, parameters, owner: signed.identity.arn });
    return jsonReply(JSON.stringify({ Id: statement.id, CreatedAt: statement.createdMs / 1000, ...placeOf(statement) }));
  }

  #describeStatement(input: JsonInput, signed: Signed): KitReply {
    const { statement, sub } = this.#own(input, signed, "DescribeStatement");
    const nowMs = statement.updatedMs;
    const durationNs = statement.startedMs === null ? -1 : Math.round((nowMs - statement.startedMs) * 1e6);
    const last = sub ?? statement.subs.at(-1)!;
    const subStatements = statement.isBatch && sub === null ? { SubStatements: statement.subs.map((one) => ({ Id: one.id, QueryString: one.sql, Status: one.status, Duration: durationNs, ...outcomeOf(one), ...(one.error !== null && { Error: one.error }) })) } : {};
    return jsonReply(
      JSON.stringify({
        Id: sub?.id ?? statement.id,
        Status: sub?.status ?? statement.status,
        ...((sub?.error ?? statement.error) !== null && { Error: sub?.error ?? statement.error }),
        CreatedAt: statement.createdMs / 1000,
        UpdatedAt: statement.updatedMs / 1000,
        Duration: durationNs,
        QueryString: statement.isBatch && sub === null ? "" : last.sql,
        ...(statement.parameters.length > 0 && { QueryParameters: statement.parameters }),
        RedshiftPid: statement.pid,
        RedshiftQueryId: statement.startedMs === null ? 0 : 1,
        ...outcomeOf(last),
        ...placeOf(statement),
        ...subStatements,
      }),
    );
  }

  /** https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_GetStatementResult.html */
  #getStatementResult(input: JsonInput, signed: Signed): KitReply {
    const { statement, sub } = this.#own(input, signed, "GetStatementResult");
    const wanted = sub ?? statement.subs.at(-1)!;
    if (statement.isBatch && sub === null) throw new AwsError("ValidationException", "To get the result of a batch statement, use the identifier of a sub-statement");
    if (wanted.status !== "FINISHED" || statement.status !== "FINISHED") throw new AwsError("ResourceNotFoundException", `Query does not have result. Please check query status with DescribeStatement.`, { details: { ResourceId: wanted.id } });
    const result = wanted.result;
    if (result === null || !result.hasResultSet) throw new AwsError("ResourceNotFoundException", "Query does not have result. Please check query status with DescribeStatement.", { details: { ResourceId: wanted.id } });
    const from = offsetOf(textField(input, "NextToken"), wanted.id);
    const end = Math.min(from + this.#pageRows, result.rows.length);
    const fields = result.columns.map(({ type }) => type.field);
    const records = result.rows.slice(from, end).map((row) => `[${row.map((cell, c) => fieldText(cell, fields[c]!)).join(",")}]`);
    const metadata = result.columns.map(({ name, type, digits }) => ({ name, label: name, typeName: type.name, ...digits, nullable: 1, length: 0, isCaseSensitive: type.field === "stringValue", isCurrency: false, isSigned: type.field === "longValue" || type.field === "doubleValue" }));
    const next = end < result.rows.length ? `,"NextToken":${JSON.stringify(Buffer.from(`${wanted.id}/${end}`).toString("base64"))}` : "";
    return jsonReply(`{"Records":[${records.join(",")}],"ColumnMetadata":${JSON.stringify(metadata)},"TotalNumRows":${result.rows.length}${next}}`);
  }

  #listStatements(input: JsonInput, signed: Signed): KitReply {
    authorise(signed, { action: "redshift-data:ListStatements", resource: "*", context: ownerContext(signed) });
    const [prefix, status] = [textField(input, "StatementName") ?? "", textField(input, "Status") ?? "FINISHED"];
    const count = countField(input, "MaxResults", { fallback: LIST_STATEMENTS_MAX, max: LIST_STATEMENTS_MAX });
    const [cluster, workgroup] = [textField(input, "ClusterIdentifier"), textField(input, "WorkgroupName")];
    const from = offsetOf(textField(input, "NextToken"), "list");
    const all = this.#statements
      .list()
      .filter((one) => one.owner === signed.identity.arn && one.warehouse.region === signed.scope.region && (one.name ?? "").startsWith(prefix))
      .filter((one) => (status === "ALL" || one.status === status) && (cluster === null || (one.warehouse.kind === "cluster" && one.warehouse.name === cluster)) && (workgroup === null || (one.warehouse.kind === "workgroup" && [one.warehouse.name, one.warehouse.arn].includes(workgroup))));
    const page = all.slice(from, from + count);
    return jsonReply(
      JSON.stringify({
        Statements: page.map((one) => ({
          Id: one.id,
          Status: one.status,
          StatementName: one.name ?? undefined,
          CreatedAt: one.createdMs / 1000,
          UpdatedAt: one.updatedMs / 1000,
          IsBatchStatement: one.isBatch,
          ...(one.isBatch ? { QueryStrings: one.subs.map(({ sql }) => sql) } : { QueryString: one.subs[0]!.sql }),
          QueryParameters: one.parameters.length > 0 ? one.parameters : undefined,
          SecretArn: one.secretArn ?? undefined,
        })),
        ...(from + count < all.length && { NextToken: Buffer.from(`list/${from + count}`).toString("base64") }),
      }),
    );
  }

  #own(input: JsonInput, signed: Signed, action: string): { statement: Statement; sub: SubStatement | null } {
    authorise(signed, { action: `redshift-data:${action}`, resource: "*", context: ownerContext(signed) });
    return this.#statements.get(textField(input, "Id", { required: true }), signed.identity.arn);
  }

  /** https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-access.html */
  #target(input: JsonInput, signed: Signed, action: string): Target {
    const [cluster, workgroup, database] = [textField(input, "ClusterIdentifier"), textField(input, "WorkgroupName"), textField(input, "Database")];
    const [secretArn, dbUser] = [textField(input, "SecretArn"), textField(input, "DbUser")];
    if ((cluster === null) === (workgroup === null)) throw new AwsError("ValidationException", "Either ClusterIdentifier or WorkgroupName must be provided, but not both.");
    if (database === null) throw new AwsError("ValidationException", "Database name is required.");
    if (secretArn !== null && dbUser !== null) throw new AwsError("ValidationException", "SecretArn and DbUser can't be specified at the same time.");
    if (workgroup !== null && dbUser !== null) throw new AwsError("ValidationException", "DbUser can't be specified with WorkgroupName.");
    const { region } = signed.scope;
    const warehouse = this.#warehouses.find(cluster === null ? "workgroup" : "cluster", cluster ?? workgroup!, region);
    authorise(signed, { action: `redshift-data:${action}`, resource: warehouse?.arn ?? "*" });
    if (warehouse === null) throw new AwsError("ValidationException", cluster === null ? `Redshift endpoint doesn't exist in this region.` : "Redshift endpoint doesn't exist in this region.");
    const login = secretArn === null ? this.#iamLogin(warehouse, database, dbUser, signed) : this.#secretLogin(secretArn, signed);
    return { warehouse, database, secretArn, dbUser, session: async () => ({ url: await this.#warehouses.urlOf(warehouse, database), login }) };
  }

  /** The caller has to be allowed to read the secret himself. */
  #secretLogin(id: string, signed: Signed): Session["login"] {
    const secret = this.#secrets.find(id, signed.scope.region);
    authorise(signed, { action: "secretsmanager:GetSecretValue", resource: secret?.arn ?? id });
    const value = secret?.isDeleted === false ? secret.versions[0]!.value : null;
    if (value === null) throw new AwsError("ValidationException", "Secrets Manager can't find the specified secret.");
    try {
      const { username, password } = JSON.parse(value.toString()) as { username?: unknown; password?: unknown }; // checked in the next line
      if (typeof username === "string" && typeof password === "string") return { user: username, password };
    } catch {
      // said below
    }
    throw new AwsError("ValidationException", "The secret does not have the keys username and password");
  }

  #iamLogin(warehouse: Warehouse, database: string, dbUser: string | null, signed: Signed): Session["login"] {
    if (warehouse.kind === "workgroup") {
      authorise(signed, { action: "redshift-serverless:GetCredentials", resource: warehouse.arn });
    } else {
      const base = warehouse.arn.replace(/:cluster:.*$/, "");
      const action = dbUser === null ? "redshift:GetClusterCredentialsWithIAM" : "redshift:GetClusterCredentials";
      authorise(signed, { action, resource: `${base}:dbname:${warehouse.name}/${database}` });
      if (dbUser !== null) authorise(signed, { action, resource: `${base}:dbuser:${warehouse.name}/${dbUser}` });
    }
    return { sessionUser: dbUser ?? warehouse.iamUser ?? null };
  }

  signatureError(failure: SignatureFailure): AwsError {
    return jsonSignatureError(failure);
  }

  throttled(): AwsError {
    return new AwsError("ThrottlingException", "Rate exceeded");
  }

  encodeError(error: AwsError): KitReply {
    return encodeJsonError(error.code === "InternalError" ? new AwsError("InternalServerException", error.message, { status: 500 }) : error);
  }
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonredshiftdataapi.html */
function ownerContext({ identity }: Signed): Record<string, string> {
  return { "redshift-data:statement-owner-iam-userid": identity.userId };
}

function sqlOf(value: unknown): string {
  if (typeof value !== "string" || value.trim() === "") throw new AwsError("ValidationException", "1 validation error detected: Value at 'sql' failed to satisfy constraint: Member must not be null");
  if (Buffer.byteLength(value) > STATEMENT_BYTES_MAX) throw new AwsError("ValidationException", "The SQL statement exceeds the maximum size of 100 KB");
  return value;
}

function sqlsOf(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > BATCH_STATEMENTS_MAX) throw new AwsError("ValidationException", `Sqls must have 1 to ${BATCH_STATEMENTS_MAX} statements`);
  return value.map(sqlOf);
}

function parametersOf(value: unknown, sqls: readonly string[]): SqlParameter[] {
  if (value === undefined || value === null) return [];
  const isParameter = (item: unknown): item is SqlParameter => typeof (item as SqlParameter | null)?.name === "string" && typeof (item as SqlParameter).value === "string" && (item as SqlParameter).value !== "";
  if (!Array.isArray(value) || value.length === 0 || !value.every(isParameter)) throw new AwsError("ValidationException", "Parameters must have names and values that are not empty");
  const used = new Set(sqls.flatMap((sql) => tokens(sql).filter(({ kind }) => kind === "parameter").map(({ text }) => text.slice(1))));
  const unused = value.filter(({ name }) => !used.has(name)).map(({ name }) => name);
  if (unused.length > 0) throw new AwsError("ValidationException", `Parameters list contains unused parameters. Unused parameters: [${unused.join(", ")}]`);
  return value.map(({ name, value: text }) => ({ name, value: text }));
}

function outcomeOf({ result, resultBytes }: SubStatement): Record<string, unknown> {
  return { HasResultSet: result?.hasResultSet ?? false, ResultRows: result?.rowCount ?? -1, ResultSize: resultBytes };
}

function placeOf({ warehouse, database, secretArn, dbUser }: Statement): Record<string, string> {
  return {
    Database: database,
    ...(warehouse.kind === "cluster" ? { ClusterIdentifier: warehouse.name } : { WorkgroupName: warehouse.name }),
    ...(secretArn !== null && { SecretArn: secretArn }),
    ...(dbUser !== null && { DbUser: dbUser }),
  };
}

/** https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_Field.html */
function fieldText(cell: string | null, field: string): string {
  if (cell === null) return '{"isNull":true}';
  switch (field) {
    case "longValue":
      return `{"longValue":${cell}}`;
    case "doubleValue":
      return Number.isFinite(Number(cell)) ? `{"doubleValue":${cell}}` : `{"doubleValue":"${cell}"}`;
    case "booleanValue":
      return `{"booleanValue":${cell === "t"}}`;
    default:
      return `{"stringValue":${JSON.stringify(cell)}}`;
  }
}

function offsetOf(token: string | null, of: string): number {
  if (token === null) return 0;
  const text = Buffer.from(token, "base64").toString();
  if (!text.startsWith(`${of}/`)) throw new AwsError("ValidationException", "NextToken is not valid");
  return Number(text.slice(of.length + 1));
}

