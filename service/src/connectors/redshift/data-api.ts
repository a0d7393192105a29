/**
 * The calls to the Redshift Data API, in the project's words. Statements live there on their own: whoever lost one finds it
 * again by its name.
 * https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html
 */
import { randomUUID } from "node:crypto";
import {
  BatchExecuteStatementCommand,
  CancelStatementCommand,
  DescribeStatementCommand,
  ExecuteStatementCommand,
  GetStatementResultCommand,
  ListStatementsCommand,
  RedshiftDataClient,
} from "@aws-sdk/client-redshift-data";
import type { DescribeStatementResponse, GetStatementResultResponse, StatementData } from "@aws-sdk/client-redshift-data";
import type { AwsAccess } from "../../aws/aws-access.ts";
import { awsSourceError } from "../../aws/aws-error.ts";
import { SourceError } from "../../telemetry/errors.ts";
import { systemClock } from "../../telemetry/clock.ts";
import type { Place } from "./place.ts";
import { statementFailed, statementStopped } from "./redshift-errors.ts";
import type { NamedParameter } from "./statement-text.ts";

/** The documented length of a ClientToken, and of a statement's name. */
const CLIENT_TOKEN_LENGTH_MAX = 64;
const POLL_MS_MIN = 100;
const POLL_GROWTH = 1.5;
/** A cancel request can get lost: it is repeated until the statement has ended, this long. */
const CANCEL_MS_MAX = 20_000;
const CANCEL_EVERY_MS = 300;
const CANCEL_FAILURES_MAX = 2;

export interface Submission {
  readonly sql: string;
  readonly parameters: readonly NamedParameter[];
  /** by which a later process finds it; null for a sample, which nobody looks for */
  readonly name: string | null;
  /** the same submission twice is one statement for whoever gives the same token */
  readonly token: string;
}

export interface Submitted {
  readonly id: string;
  /** of a batch, the statement whose rows are wanted */
  readonly resultId: string;
  /** the service's clock when it took the statement, epoch ms; null when it didn't say */
  readonly createdMs: number | null;
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly doing: string;
}

export class DataApi {
  readonly #client: RedshiftDataClient;
  readonly #place: Place;
  readonly #zone: string;
  readonly #pollMsMax: number;

  constructor(access: AwsAccess, { place, zone, pollSecondsMax }: { place: Place; zone: string; pollSecondsMax: number }) {
    this.#client = new RedshiftDataClient(access);
    this.#place = place;
    this.#zone = zone;
    this.#pollMsMax = pollSecondsMax * 1000;
  }

  /** Whether the service can be reached with these credentials: the cheapest call there is, nothing runs on the cluster. */
  async ping(signal?: AbortSignal): Promise<void> {
    await this.#call("connecting to the Redshift Data API", (abortSignal) => this.#client.send(new ListStatementsCommand({ MaxResults: 1, Status: "STARTED" }), { abortSignal }), signal);
  }

  /**
   * A session of Redshift begins in UTC, where one statement is all. In another zone two run in one session: the first sets it,
   * so that columns without zone are compared as the dataset means them.
   */
  async submit({ sql, parameters, name, token }: Submission, signal?: AbortSignal): Promise<Submitted> {
    const common = {
      ...this.#place,
      ...(name !== null && { StatementName: name }),
      ClientToken: token.slice(0, CLIENT_TOKEN_LENGTH_MAX),
      ...(parameters.length > 0 && { Parameters: parameters.map((parameter) => ({ ...parameter })) }),
    };
    const isUtc = isUtcZone(this.#zone);
    const { Id, CreatedAt } = await this.#call(
      "sending the statement",
      (abortSignal) =>
        isUtc ? this.#client.send(new ExecuteStatementCommand({ ...common, Sql: sql }), { abortSignal }) : this.#client.send(new BatchExecuteStatementCommand({ ...common, Sqls: [this.#zoneStatement(), sql] }), { abortSignal }),
      signal,
    );
    return { id: Id!, resultId: isUtc ? Id! : `${Id}:2`, createdMs: CreatedAt?.getTime() ?? null }; // always has an id on success
  }

  #zoneStatement(): string {
    return `set timezone to '${this.#zone.replaceAll("'", "''")}'`;
  }

  /** Throws SourceError for FAILED, ABORTED, and when time is up or the signal comes; the statement may still run then. */
  async waitUntilEnded(id: string, { timeoutMs, signal, doing }: WaitOptions): Promise<DescribeStatementResponse> {
    const deadline = systemClock.nowMs() + timeoutMs;
    for (let pauseMs = POLL_MS_MIN; ; pauseMs = Math.min(pauseMs * POLL_GROWTH, this.#pollMsMax)) {
      const description = await this.describe(id, signal);
      if (description.Status === "FINISHED") return description;
      if (description.Status === "FAILED") throw statementFailed(errorOf(description), `${doing} (statement ${id})`);
      if (description.Status === "ABORTED") throw statementStopped(`${doing} (statement ${id})`);
      const leftMs = deadline - systemClock.nowMs();
      if (leftMs <= 0) {
        throw new SourceError(`${doing} took longer than its time limit of ${timeoutMs / 1000} s (limits.querySecondsMax)`, {
          code: "TIMEOUT",
          transient: true,
          advice: "The timestamp as the table's sort key helps most; else raise limits.querySecondsMax.",
        });
      }
      await systemClock.sleep(Math.min(pauseMs, leftMs), signal).catch((error: unknown) => {
        throw awsSourceError(error, { doing, ...(signal && { signal }) });
      });
    }
  }

  describe(id: string, signal?: AbortSignal): Promise<DescribeStatementResponse> {
    return this.#call(`asking for the state of statement ${id}`, (abortSignal) => this.#client.send(new DescribeStatementCommand({ Id: id }), { abortSignal }), signal);
  }

  /** A page of the result; it may be gone after 24 hours. */
  page(id: string, token: string | undefined, signal?: AbortSignal): Promise<GetStatementResultResponse> {
    return this.#call(`reading the result of statement ${id}`, (abortSignal) => this.#client.send(new GetStatementResultCommand({ Id: id, ...(token !== undefined && { NextToken: token }) }), { abortSignal }), signal);
  }

  /** Statements of ours of exactly this name that have not ended. */
  async active(name: string, signal?: AbortSignal): Promise<StatementData[]> {
    const found: StatementData[] = [];
    let token: string | undefined;
    for (let pages = 0; pages < LIST_PAGES_MAX; pages++) {
      const answer = await this.#call("looking for a statement that still runs", (abortSignal) => this.#client.send(new ListStatementsCommand({ StatementName: name, Status: "ALL", ...(token !== undefined && { NextToken: token }) }), { abortSignal }), signal);
      found.push(...(answer.Statements ?? []).filter((statement) => statement.StatementName === name && isActive(statement.Status)));
      token = answer.NextToken;
      if (token === undefined) break;
    }
    return found;
  }

  /** Asks until it has ended; throws SourceError when it can't be ended. */
  async cancel(id: string): Promise<void> {
    const doing = `cancelling statement ${id}`;
    const deadline = systemClock.nowMs() + CANCEL_MS_MAX;
    for (let failures = 0; ; ) {
      const refusal = await this.#client.send(new CancelStatementCommand({ Id: id })).then(
        () => null,
        (error: unknown) => awsSourceError(error, { doing }),
      );
      if (refusal?.code === "PERMISSION") throw refusal;
      // Any other refusal may mean that it has ended just now: the state tells.
      try {
        if (!isActive((await this.describe(id)).Status)) return;
        failures = 0;
      } catch (error) {
        failures += 1; // each has been tried several times by the client
        if (failures >= CANCEL_FAILURES_MAX) throw error;
      }
      if (systemClock.nowMs() >= deadline) throw refusal ?? new SourceError(`${doing} failed: it still runs`, { code: "INTERRUPTED", transient: true, advice: "It is looked for again with the next try." });
      await systemClock.sleep(CANCEL_EVERY_MS);
    }
  }

  close(): void {
    this.#client.destroy();
  }

  async #call<T>(doing: string, send: (abortSignal: AbortSignal) => Promise<T>, signal: AbortSignal = new AbortController().signal): Promise<T> {
    try {
      return await send(signal);
    } catch (error) {
      throw awsSourceError(error, { doing, signal });
    }
  }
}

/** A name has one statement at a time, and finished ones of a day: many pages would be a mistake. */
const LIST_PAGES_MAX = 20;

export function isActive(status: string | undefined): boolean {
  return status === "SUBMITTED" || status === "PICKED" || status === "STARTED";
}

export function isUtcZone(zone: string): boolean {
  return /^(?:Etc\/)?(?:UTC|GMT|UCT|Zulu|Universal)$/i.test(zone);
}

/** A token that no other process and no other reading makes: results of eight hours ago must not come back. */
export function newToken(attemptId: string | null): string {
  return `${attemptId === null ? "" : attemptId.replaceAll(/[^\w-]/g, "-").slice(-27)}-${randomUUID()}`.slice(-CLIENT_TOKEN_LENGTH_MAX);
}

/** Of a batch the failing statement's words say more than the batch's. */
function errorOf({ Error: whole, SubStatements }: DescribeStatementResponse): string {
  return SubStatements?.find((sub) => sub.Status === "FAILED" && sub.Error !== undefined)?.Error ?? whole ?? "no reason given";
}
