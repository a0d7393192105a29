/**
 * The contract of a channel: one way to send a message. It gets a delivery that the store holds already, and says how
 * it went. The same delivery key comes with every retry, so that a receiver can drop what it has.
 */
import type { z } from "zod";
import type { Secrets } from "../secrets/secrets.ts";
import type { AlertMessage } from "../alerts/message.ts";

export interface Channel<Settings = unknown> {
  readonly kind: string;
  readonly settings: z.ZodType<Settings>;
  /**
   * Whether a group that was told is told again by default: once when it is over, once when it is taken back. An alert's
   * own `followUps` setting comes first.
   */
  readonly followsUp: boolean | ((settings: Readonly<Record<string, unknown>>) => boolean);
  /** For channels that write tables for programs: every revision of a told group is sent. Never for people. */
  readonly everyRevision?: boolean;
  send(delivery: OutgoingDelivery, settings: Settings, context: ChannelContext): Promise<SendResult>;
}

export interface OutgoingDelivery {
  /** (alert, group, revision): identical on every retry */
  readonly key: string;
  readonly message: AlertMessage;
  /** 1 for the first try */
  readonly attempt: number;
}

export interface ChannelContext {
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
  /** where channels that write files may write when their settings give no folder */
  readonly homeFolder: string;
  readonly log: (level: "info" | "warn", message: string, fields?: Record<string, unknown>) => void;
}

export type SendResult =
  | { readonly outcome: "sent"; readonly detail: string }
  /** worth trying again; `afterMs` when the receiver said how long to wait */
  | { readonly outcome: "failed"; readonly transient: boolean; readonly detail: string; readonly afterMs?: number };
