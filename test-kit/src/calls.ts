/** What was called, for tests that count: one entry for each request, faults included. */
import type { FaultKind } from "./faults/faults.ts";

export type ServiceName = "s3" | "redshift-data" | "secretsmanager" | "sts";

export interface Call {
  readonly service: ServiceName;
  /** as AWS names it, e.g. GetObject, ExecuteStatement */
  readonly operation: string;
  /** what it was about: s3://bucket/key, a statement's id, a secret's id; "" for nothing in particular */
  readonly target: string;
  readonly atMs: number;
}

export interface FinishedCall extends Call {
  readonly fault: FaultKind | null;
  /** HTTP status that was answered; null when none was */
  readonly status: number | null;
}

/** A soak test must not fill the memory: beyond this the oldest entries go. */
export const CALLS_KEPT_MAX = 100_000;

export class Calls {
  #entries: FinishedCall[] = [];

  add(call: FinishedCall): void {
    this.#entries.push(call);
    if (this.#entries.length > CALLS_KEPT_MAX) this.#entries = this.#entries.slice(CALLS_KEPT_MAX / 2);
  }

  /** all, or those of one operation, oldest first */
  of(operation?: string): readonly FinishedCall[] {
    return operation === undefined ? [...this.#entries] : this.#entries.filter((call) => call.operation === operation);
  }

  clear(): void {
    this.#entries = [];
  }
}
