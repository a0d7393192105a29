import type { SendResult } from "./channel.ts";

type Failure = Extract<SendResult, { outcome: "failed" }>;

export function sent(detail: string): SendResult {
  return { outcome: "sent", detail };
}

/** Trying again may help: the network, a busy receiver, a full disk. */
export function failedForNow(detail: string, afterMs?: number): Failure {
  return { outcome: "failed", transient: true, detail, ...(afterMs === undefined ? {} : { afterMs }) };
}

/** Trying again does not help until somebody changes something; `detail` says what. */
export function failedForGood(detail: string): Failure {
  return { outcome: "failed", transient: false, detail };
}
