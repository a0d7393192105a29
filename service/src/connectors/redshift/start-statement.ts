/**
 * Never two statements at once for the same work. A process that died left its statement running: whoever comes next finds it
 * by its name, adopts it when it is word for word what would be sent now, and cancels it first when it is not.
 */
import { createHash } from "node:crypto";
import type { StatementData } from "@aws-sdk/client-redshift-data";
import type { ReadWork } from "../connector.ts";
import { newToken } from "./data-api.ts";
import type { DataApi, Submitted } from "./data-api.ts";
import type { NamedParameter } from "./statement-text.ts";

export interface Wanted {
  readonly sql: string;
  readonly parameters: readonly NamedParameter[];
}

export interface Started extends Submitted {
  readonly isAdopted: boolean;
  /** of an adopted statement, as it was sent */
  readonly sql: string;
}

export interface StartOptions {
  readonly work: ReadWork | undefined;
  /** Whether a running statement would give what is wanted; default: the same text and parameters. */
  readonly isSame?: (running: Wanted) => boolean;
  readonly signal?: AbortSignal;
}

export async function startStatement(api: DataApi, wanted: Wanted, { work, isSame = (running) => isSameText(running, wanted), signal }: StartOptions): Promise<Started> {
  const name = work === undefined ? null : statementName(work.key);
  let adopted: Started | null = null;
  for (const running of name === null ? [] : await api.active(name, signal)) {
    const text = textOf(running);
    if (adopted === null && isSame(text)) adopted = { id: running.Id!, resultId: running.IsBatchStatement === true ? `${running.Id}:2` : running.Id!, createdMs: null, isAdopted: true, sql: text.sql };
    else await api.cancel(running.Id!); // it holds the cluster with what nobody wants any more
  }
  if (adopted !== null) return adopted;
  signal?.throwIfAborted();
  const submitted = await api.submit({ ...wanted, name, token: newToken(work?.attemptId ?? null) }, signal);
  return { ...submitted, isAdopted: false, sql: wanted.sql };
}

/** The same for every attempt at the same work. */
export function statementName(key: string): string {
  return `foretop-${createHash("sha256").update(key).digest("hex").slice(0, 32)}`;
}

function textOf({ QueryString, QueryStrings, QueryParameters }: StatementData): Wanted {
  return { sql: QueryString ?? QueryStrings?.at(-1) ?? "", parameters: (QueryParameters ?? []).map(({ name, value }) => ({ name: name!, value: value! })) };
}

function isSameText(a: Wanted, b: Wanted): boolean {
  const text = ({ sql, parameters }: Wanted): string => JSON.stringify([sql, parameters.map(({ name, value }) => [name, value])]);
  return text(a) === text(b);
}
