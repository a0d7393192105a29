/**
 * Sends what the outbox holds. A job without input: it may run at any time, twice, in two processes, or after a crash.
 *
 * A delivery is claimed for a while (a lease), sent, and recorded. Two processes never send the same one at the same
 * time. A process that dies between sending and recording leaves a claim that runs out; the delivery is then sent once
 * more under the same key, byte for byte the same, and the receiver can drop it. (Exactly once can't be had over a
 * network; at least once with a key can.)
 */
import type { Channel, SendResult } from "../channels/channel.ts";
import type { System } from "../pipeline/system.ts";
import type { Delivery } from "../store/store.ts";
import { failpoint } from "../telemetry/failpoints.ts";
import { nextTryAt, TRIES_MAX } from "./delivery-schedule.ts";

/** No send takes longer: a channel that does not answer is cut off. */
export const SEND_MS_MAX = 30_000;

/** Claimed at once; those of one alert are sent one after the other, alerts side by side. */
export const CLAIM_MAX = 4;

/** Long enough for all of a claim to be sent one after the other and recorded. */
export const LEASE_MS = CLAIM_MAX * SEND_MS_MAX + 30_000;

/** One run leaves the rest to the next, so that a flood can't keep a process from its other jobs. */
export const DELIVERIES_PER_RUN_MAX = 500;

export interface DeliverReport {
  readonly sent: number;
  /** failed and to be tried again */
  readonly putOff: number;
  /** failed for good: on the list of what could not be delivered */
  readonly undeliverable: number;
}

type DeliverySystem = Pick<System, "store" | "clock" | "channels" | "secrets" | "homeFolder" | "log">;
type Ending = "sent" | "putOff" | "undeliverable" | "interrupted";

/** Sends everything that is due, oldest first. Stops between two deliveries when `signal` is aborted. */
export async function deliverDue(system: DeliverySystem, signal?: AbortSignal): Promise<DeliverReport> {
  const counts = { sent: 0, putOff: 0, undeliverable: 0, interrupted: 0 };
  let handled = 0;
  while (handled < DELIVERIES_PER_RUN_MAX && signal?.aborted !== true) {
    const claimed = await system.store.deliveries.claimDue(system.clock.nowMs(), LEASE_MS, CLAIM_MAX);
    if (claimed.length === 0) break;
    handled += claimed.length;
    for (const endings of await Promise.all(byAlert(claimed).map((deliveries) => deliverInOrder(deliveries, system, signal)))) {
      for (const ending of endings) counts[ending] += 1;
    }
  }
  return { sent: counts.sent, putOff: counts.putOff, undeliverable: counts.undeliverable };
}

function byAlert(deliveries: readonly Delivery[]): Delivery[][] {
  const alertNames = [...new Set(deliveries.map(({ alertName }) => alertName))];
  return alertNames.map((name) => deliveries.filter(({ alertName }) => alertName === name));
}

async function deliverInOrder(deliveries: readonly Delivery[], system: DeliverySystem, signal: AbortSignal | undefined): Promise<Ending[]> {
  const endings: Ending[] = [];
  for (const delivery of deliveries) {
    // What was claimed and not begun stays claimed until its lease runs out: nothing to undo.
    if (signal?.aborted === true) break;
    endings.push(await deliver(delivery, system, signal));
  }
  return endings;
}

async function deliver(delivery: Delivery, system: DeliverySystem, signal: AbortSignal | undefined): Promise<Ending> {
  const { store, clock, log } = system;
  const tries = delivery.attempts + 1;
  failpoint("delivery.before-send");
  const result = await send(delivery, tries, system, signal);
  if (result.outcome === "sent") {
    failpoint("delivery.sent");
    await store.deliveries.recordSent(delivery.key, result.detail, clock.nowMs());
    failpoint("delivery.recorded");
    return "sent";
  }
  // Our own shutdown is no fault of the receiver: no try is counted, the lease runs out.
  if (signal?.aborted === true) return "interrupted";
  const nextTryMs = result.transient ? nextTryAt(tries, clock.nowMs(), result.afterMs) : null;
  await store.deliveries.recordFailed(delivery.key, result.detail, nextTryMs, clock.nowMs());
  const fields = { delivery: delivery.key, alert: delivery.alertName, channel: delivery.channel.kind, tries, detail: result.detail };
  if (nextTryMs !== null) {
    log.info({ ...fields, nextTry: new Date(nextTryMs).toISOString() }, `delivery failed (try ${tries} of ${TRIES_MAX}), will be tried again`);
    return "putOff";
  }
  log.warn(fields, `delivery given up after ${tries} ${tries === 1 ? "try" : "tries"}: put right what "detail" says, then send it again by its key`);
  return "undeliverable";
}

async function send(delivery: Delivery, attempt: number, system: DeliverySystem, signal: AbortSignal | undefined): Promise<SendResult> {
  const { kind, settings } = delivery.channel;
  const channel: Channel | undefined = system.channels.get(kind);
  if (channel === undefined) return permanent(`there is no channel "${kind}"; there are ${[...system.channels.keys()].sort().join(", ")}`);
  const parsed = channel.settings.safeParse(settings);
  if (!parsed.success) {
    const places = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "settings"}: ${message}`);
    return permanent(`settings of channel "${kind}" are not valid: ${places.join("; ")}`);
  }
  const timeout = AbortSignal.timeout(SEND_MS_MAX);
  const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const context = {
    secrets: system.secrets,
    signal: both,
    homeFolder: system.homeFolder,
    log: (level: "info" | "warn", message: string, fields: Record<string, unknown> = {}) => system.log[level](fields, message),
  };
  try {
    return await orAborted(channel.send({ key: delivery.key, message: delivery.message, attempt }, parsed.data, context), both);
  } catch (error) {
    // A channel says how it went, it does not throw: this is the abort, or our bug. The other deliveries go on.
    return { outcome: "failed", transient: true, detail: both.aborted ? `no answer within ${SEND_MS_MAX / 1000} s` : `the channel broke: ${placeOf(error)}` };
  }
}

/** Rejects soon after the abort even where a channel does not heed it: the lease must not be outlived. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const GRACE_MS = 1000; // for a channel that is just closing its connection and has the better words
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        onAbort = () => (timer = setTimeout(() => reject(signal.reason as Error), GRACE_MS));
        if (signal.aborted) onAbort();
        else signal.addEventListener("abort", onAbort, { once: true });
      }),
    ]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
  }
}

/** Name and place of an error that nobody foresaw. Not its text: who knows what is in it, and details are shown. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return `${error.name} ${/at .*/.exec(error.stack?.split("\n")[1] ?? "")?.[0] ?? ""}`.trim();
}

function permanent(detail: string): SendResult {
  return { outcome: "failed", transient: false, detail };
}
