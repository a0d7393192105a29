/** The tables as Kysely knows them; what each column means is said in the migrations. */
import type { ColumnType, Generated } from "kysely";
import type { DetectorStatus } from "../../resources/detector.ts";
import type { Delivery, HealthFinding, IntervalRecord, LedgerAttempt, SegmentRow } from "../store.ts";

/** Written as text that we made; read as that text (never parsed by the driver, see pool.ts). */
type JsonText = ColumnType<string, string, string>;

export interface Tables {
  migrations: { number: number; name: string; sha256: string; applied_at: Generated<Date> };
  detector_names: { name: string; created_count: number };
  detectors: {
    id: string;
    name: string;
    generation: number;
    config: JsonText;
    config_hash: string;
    status: DetectorStatus;
    failure_reason: string | null;
    muted: Generated<boolean>;
    created_ms: number;
    modified_ms: number;
    head_ms: number | null;
    lineage: Generated<number>;
    live_from_ms: number | null;
    known_ms: Generated<number>;
    asked_ms: Generated<number>;
    kept_from_ms: Generated<number | null>;
    claimed_by: Generated<string | null>;
    claimed_for: Generated<string | null>;
    claimed_until_ms: Generated<number | null>;
    late_until_ms: number | null;
  };
  statements: { hash: Buffer; statement: string };
  attempts: {
    id: string;
    detector_id: string;
    generation: number;
    purpose: LedgerAttempt["purpose"];
    start_ms: number;
    end_ms: number;
    attempt: number;
    statement_hash: Buffer;
    parameters: JsonText;
    query_hash: string;
    statement_id: string | null;
    outcome: LedgerAttempt["outcome"];
    error_code: LedgerAttempt["errorCode"];
    error: string | null;
    transient: boolean | null;
    rows: number;
    bytes: number;
    max_timestamp_ms: number | null;
    started_ms: number;
    ended_ms: number | null;
  };
  series: {
    detector_id: string;
    generation: number;
    number: number;
    key_text: string;
    key_hash: Buffer;
    is_leaf: boolean;
    first_seen_ms: number;
  };
  segments: {
    id: string;
    detector_id: string;
    generation: number;
    kind: SegmentRow["kind"];
    is_history: Generated<boolean>;
    start_ms: number;
    end_ms: number;
    path: string;
    bytes: number;
    rows: number;
    sha256: string;
    known_at_ms: number;
    has_scores: Generated<boolean>;
  };
  intervals: {
    detector_id: string;
    generation: number;
    start_ms: number;
    end_ms: number;
    version: number;
    status: IntervalRecord["status"];
    message: string | null;
    attempt_id: string | null;
    rows: JsonText | null;
    series_count: number;
    anomaly_count: number;
    held_back_count: number;
    segment_id: string | null;
    quality: JsonText | null;
    known_at_ms: number;
  };
  histories: { detector_id: string; generation: number; head_ms: number; quality: JsonText; known_at_ms: number };
  groups: {
    id: string;
    detector_id: string;
    generation: number;
    revision: number;
    measure: string;
    status: "open" | "closed" | "retracted" | "merged";
    severity: number;
    start_ms: number;
    last_ms: number;
    end_ms: number;
    quiet_intervals: number;
    closed_ms: Generated<number | null>;
  };
  group_revisions: {
    group_id: string;
    revision: number;
    body: JsonText;
    members: Buffer;
    known_at_ms: number;
    status: "open" | "closed" | "retracted" | "merged";
    severity: number;
    start_ms: number;
    last_ms: number;
    end_ms: number;
  };
  deliveries: {
    key: string;
    detector_id: string;
    alert_name: string;
    channel: JsonText;
    group_id: string;
    revision: number;
    message: JsonText;
    status: Delivery["status"];
    attempts: number;
    next_try_ms: number;
    lease_until_ms: Generated<number>;
    last_detail: string | null;
    created_ms: number;
    sent_ms: number | null;
  };
  delivery_events: {
    number: Generated<number>;
    key: string;
    at_ms: number;
    status: Delivery["status"];
    attempts: number;
    next_try_ms: number;
    last_detail: string | null;
    sent_ms: number | null;
  };
  health_findings: { id: string; detector_id: string; kind: HealthFinding["kind"]; since_ms: number; raised_ms: number; message: string; recovered_ms: number | null };
  audit: { number: Generated<number>; at_ms: number; actor: string; action: string; subject: string; detail: JsonText };
}
