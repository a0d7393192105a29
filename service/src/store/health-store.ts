/** How Foretop itself is doing: findings about detectors, the audit, the room that is taken. */
import type { Delivery } from "./delivery-store.ts";

export interface AuditStore {
  record(entry: { atMs: number; actor: string; action: string; subject: string; detail: Readonly<Record<string, unknown>> }): Promise<void>;
  list(subject: string, limit: number): Promise<readonly { atMs: number; actor: string; action: string; subject: string; detail: Readonly<Record<string, unknown>> }[]>;
}

/** Something is wrong with a detector itself, not with what it watches. */
export interface HealthFinding {
  /** derives from detector, kind and `sinceMs`: the same trouble is found once */
  readonly id: string;
  readonly detectorId: string;
  readonly kind: "failed" | "behind" | "silent";
  /** when what is wrong began */
  readonly sinceMs: number;
  readonly raisedMs: number;
  readonly message: string;
  /** null while it lasts */
  readonly recoveredMs: number | null;
}

export interface HealthStore {
  /** Those that last, oldest first. */
  open(): Promise<readonly HealthFinding[]>;
  /** Newest first. */
  list(limit: number): Promise<readonly HealthFinding[]>;
  /** With its messages. @returns false when it is known already, or another of its kind lasts */
  raise(finding: HealthFinding, deliveries: readonly Delivery[]): Promise<boolean>;
  /** @returns false when somebody else has said so */
  recover(id: string, atMs: number, deliveries: readonly Delivery[]): Promise<boolean>;
}

/** All in bytes, but for rows, files and intervals, which are counts. */
export interface DetectorSpace {
  readonly detectorId: string;
  readonly files: number;
  readonly historyBytes: number;
  readonly historyRows: number;
  /** points of live intervals with what was expected of them */
  readonly scoredBytes: number;
  readonly scoredRows: number;
  /** points of live intervals whose scores have expired */
  readonly plainBytes: number;
  readonly plainRows: number;
  readonly checkpointBytes: number;
  readonly checkpointBytesEach: number;
  /** live intervals that are kept */
  readonly intervals: number;
}

export interface StoreSpace {
  readonly detectors: readonly DetectorSpace[];
  /** bytes in the database */
  readonly tables: { readonly ledger: number; readonly intervals: number; readonly groups: number; readonly messages: number; readonly other: number };
}
