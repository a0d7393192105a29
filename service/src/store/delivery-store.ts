/** The outbox. */
import type { AlertMessage } from "../alerts/message.ts";

/** One message on its way: a row of the outbox. */
export interface Delivery {
  /** (alert, group, revision) */
  readonly key: string;
  readonly detectorId: string;
  readonly alertName: string;
  readonly channel: { readonly kind: string; readonly settings: Readonly<Record<string, unknown>> };
  readonly groupId: string;
  readonly revision: number;
  readonly message: AlertMessage;
  readonly status: "pending" | "sent" | "failed" | "muted";
  readonly attempts: number;
  readonly nextTryMs: number;
  readonly lastDetail: string | null;
  readonly createdMs: number;
  readonly sentMs: number | null;
}

export interface DeliveryStore {
  /** whether claimDue would find anything: cheap, asked every second */
  hasDue(nowMs: number): Promise<boolean>;
  /** Pending deliveries that are due, oldest first; claimed for `leaseMs`, so that two processes don't send the same. */
  claimDue(nowMs: number, leaseMs: number, limit: number): Promise<readonly Delivery[]>;
  recordSent(key: string, detail: string, nowMs: number): Promise<void>;
  /** Try again at `nextTryMs`; null gives up: the delivery goes to the list of what could not be delivered. */
  recordFailed(key: string, detail: string, nextTryMs: number | null, nowMs: number): Promise<void>;
  /** Newest first; with `asOfMs` each as it had fared by then. */
  list(filter: { detectorId?: string; status?: Delivery["status"]; groupId?: string; asOfMs?: number; limit: number }): Promise<readonly Delivery[]>;
  /** A failed or sent delivery is pending again, under the same key. */
  resend(key: string, nowMs: number): Promise<void>;
  /**
   * For each (alert, group) the newest delivery, and whether any of theirs was not muted: what keeps alerts from repeating
   * themselves.
   */
  newest(groupIds: readonly string[]): Promise<readonly { readonly delivery: Delivery; readonly isHeard: boolean }[]>;
  /** when a group was last told under an alert: the revision, or null */
  lastTold(alertName: string, groupId: string): Promise<number | null>;
  /** deliveries sent since, plus those still pending whatever their time: what the hourly limit counts; muted and failed ones don't */
  countSince(alertName: string, sinceMs: number): Promise<number>;
}
