/** The store's rows of one detector as they lie there, read past the product: what the checkers look at. */
import type { AnomalyGroup } from "@foretop/engine";
import type { Client } from "pg";
import type { AlertMessage } from "../../src/alerts/message.ts";
import type { LedgerAttempt, StoredGroup } from "../../src/store/store.ts";

export interface Facts {
  readonly detector: { readonly generation: number; readonly lineage: number; readonly head_ms: number; readonly live_from_ms: number; readonly config_hash: string };
  /** all versions, by start, then version */
  readonly intervals: readonly IntervalRow[];
  /** by id, then number */
  readonly revisions: readonly RevisionRow[];
  readonly groups: readonly { readonly id: string; readonly revision: number; readonly status: AnomalyGroup["status"] }[];
  readonly deliveries: readonly DeliveryRow[];
  readonly attempts: readonly AttemptRow[];
}

export interface IntervalRow {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly version: number;
  readonly status: "COMPLETED" | "FAILED";
  readonly attempt_id: string | null;
  readonly known_at_ms: number;
}

export interface RevisionRow {
  readonly group_id: string;
  readonly revision: number;
  readonly known_at_ms: number;
  readonly hash: string;
  readonly body: Omit<StoredGroup, "group" | "knownAtMs"> & { readonly group: Omit<AnomalyGroup, "members"> };
}

export interface DeliveryRow {
  readonly key: string;
  readonly alert_name: string;
  readonly group_id: string;
  readonly revision: number;
  readonly status: "pending" | "sent" | "failed" | "muted";
  readonly next_try_ms: number;
  readonly lease_until_ms: number;
  readonly created_ms: number;
  readonly message: AlertMessage;
}

export interface AttemptRow {
  readonly id: string;
  readonly purpose: LedgerAttempt["purpose"];
  readonly start_ms: number;
  readonly end_ms: number;
  readonly outcome: LedgerAttempt["outcome"];
  readonly text: string;
}

/** Bodies of revisions never change (a checker sees to it), so each is read once. */
export class FactReader {
  readonly #client: Client;
  readonly #bodies = new Map<string, RevisionRow["body"]>();

  constructor(client: Client) {
    this.#client = client;
  }

  async read(detectorId: string): Promise<Facts> {
    const rows = async <T>(text: string): Promise<T[]> => (await this.#client.query(text, [detectorId])).rows as T[];
    const [detector] = await rows<Facts["detector"]>("select generation, lineage, head_ms, live_from_ms, config_hash from foretop.detectors where id = $1");
    const intervals = await rows<IntervalRow>("select start_ms, end_ms, version, status, attempt_id, known_at_ms from foretop.intervals where detector_id = $1 order by start_ms, version");
    const revisions = await rows<Omit<RevisionRow, "body">>(
      `select group_id::text, r.revision, r.known_at_ms, md5(body::text || members::text) as hash
       from foretop.group_revisions r join foretop.groups g on g.id = r.group_id where g.detector_id = $1 order by group_id, r.revision`,
    );
    const groups = await rows<Facts["groups"][number]>("select id::text, revision, status from foretop.groups where detector_id = $1 order by id");
    const deliveries = await rows<DeliveryRow>("select key, alert_name, group_id, revision, status, next_try_ms, lease_until_ms, created_ms, message from foretop.deliveries where detector_id = $1 order by created_ms, key");
    const attempts = await rows<AttemptRow>("select id, purpose, start_ms, end_ms, outcome, concat_ws(' ', outcome, error_code, rows, bytes, max_timestamp_ms, started_ms, ended_ms) as text from foretop.attempts where detector_id = $1 order by id");
    const isNew = ({ group_id, revision, hash }: Omit<RevisionRow, "body">): boolean => !this.#bodies.has(`${group_id} ${revision} ${hash}`);
    if (revisions.some(isNew)) {
      const bodies = await rows<{ group_id: string; revision: number; hash: string; body: RevisionRow["body"] }>(
        `select group_id::text, r.revision, md5(body::text || members::text) as hash, body
         from foretop.group_revisions r join foretop.groups g on g.id = r.group_id where g.detector_id = $1`,
      );
      for (const { group_id, revision, hash, body } of bodies) this.#bodies.set(`${group_id} ${revision} ${hash}`, body);
    }
    return {
      detector,
      intervals,
      revisions: revisions.map((row) => ({ ...row, body: this.#bodies.get(`${row.group_id} ${row.revision} ${row.hash}`)! })),
      groups,
      deliveries,
      attempts,
    };
  }
}
