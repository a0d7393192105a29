/**
 * What every channel must do, as one suite that each channel's test runs with a real receiver. What can't happen with a
 * channel is named with the reason.
 */
import { afterEach, describe, expect, test } from "vitest";
import { sampleMessage, SAMPLE_KEYS, sampleMember } from "../../test/sample-group.ts";
import type { AlertMessage } from "../alerts/message.ts";
import type { Channel, ChannelContext, OutgoingDelivery, SendResult } from "./channel.ts";
import { UserError } from "../telemetry/errors.ts";

export interface ChannelReceiver {
  /** as a user would write them */
  readonly settings: Readonly<Record<string, unknown>>;
  /** what the references in the settings resolve to */
  readonly secrets: Readonly<Record<string, string>>;
  /** everything that arrived, in order: what the receiver tells repeats by, and what it got */
  received(): Promise<readonly { readonly id: string; readonly content: string }[]>;
  /** makes the receiver fail from now on */
  fail(how: ReceiverFailure): void | Promise<void>;
  close(): Promise<void>;
}

export type ReceiverFailure = "for now" | "for good" | "without an answer";

export interface ChannelUnderTest {
  // A channel of any settings: the suite gives each what it parsed itself.
  readonly channel: Channel;
  /** `written` collects the lines of the log, which for one channel is the receiver */
  open(context: { homeFolder: string; written: readonly string[] }): Promise<ChannelReceiver>;
  readonly homeFolder: string;
  /** failures that can't happen here, each with the reason */
  readonly cannot: Partial<Readonly<Record<ReceiverFailure | "secrets", string>>>;
}

/** No answer takes longer after an abort. */
const ABORT_MS_MAX = 1000;

export function testChannel(name: string, tested: ChannelUnderTest): void {
  const { channel, homeFolder, cannot } = tested;
  let receiver: ChannelReceiver | null = null;
  let written: string[] = [];

  async function opened(): Promise<ChannelReceiver> {
    written = [];
    receiver = await tested.open({ homeFolder, written });
    return receiver;
  }
  async function send(to: ChannelReceiver, message: AlertMessage = sampleMessage(), options: { attempt?: number; signal?: AbortSignal; secrets?: Readonly<Record<string, string>> } = {}): Promise<SendResult> {
    const { attempt = 1, signal = new AbortController().signal, secrets = to.secrets } = options;
    const delivery: OutgoingDelivery = { key: message.foretop.deliveryKey, message, attempt };
    const context: ChannelContext = {
      secrets: { resolve: (reference) => (reference in secrets ? Promise.resolve(secrets[reference]!) : Promise.reject(new UserError(`the secret ${reference} is not there`))) },
      signal,
      homeFolder,
      log: (level, text, fields) => written.push(JSON.stringify({ level, text, ...fields })),
    };
    return channel.send(delivery, channel.settings.parse(to.settings), context);
  }

  afterEach(async () => {
    await receiver?.close();
    receiver = null;
  });

  describe(`channel ${name}`, () => {
    test("a message arrives, and the result says so in one line", async () => {
      const to = await opened();
      const result = await send(to);
      expect(result.outcome).toBe("sent");
      expect(result.detail).toMatch(/^[^\n]{1,300}$/);
      expect((await to.received()).length).toBeGreaterThan(0);
    });

    test("a retry is the same bytes under the same id, so that the receiver can drop it", async () => {
      const to = await opened();
      await send(to);
      const once = await to.received();
      await send(to, sampleMessage(), { attempt: 2 });
      const known = new Map(once.map(({ id, content }) => [id, content]));
      for (const { id, content } of await to.received()) expect(known.get(id)).toBe(content);
    });

    test("another revision has another id or another content", async () => {
      const to = await opened();
      await send(to);
      const once = await to.received();
      await send(to, sampleMessage({ revision: 2, severity: 95 }, { event: "continued" }));
      const twice = await to.received();
      expect(twice).not.toEqual(once);
    });

    test("the message is not changed by sending it", async () => {
      const to = await opened();
      const message = deepFreeze(sampleMessage());
      const before = JSON.stringify(message);
      expect((await send(to, message)).outcome).toBe("sent");
      expect(JSON.stringify(message)).toBe(before);
    });

    test("missing values, nulls, quotes, line breaks and emoji are survived", async () => {
      const to = await opened();
      const nasty = `a "quoted", 'b'; <b>&amp;</b>\r\n=1+1 🦉 ${"x".repeat(500)}`;
      const keys = [...SAMPLE_KEYS.slice(0, 3), { measure: "views", dimensions: [{ name: "marketplace", value: nasty }, { name: "platform", value: null }] }];
      const members = [sampleMember(3, { actual: NaN, upper: Infinity })];
      expect((await send(to, sampleMessage({ actual: NaN, members, head: [3] }, { keys }))).outcome).toBe("sent");
    });

    test("an unknown setting is refused", async () => {
      const to = await opened();
      expect(channel.settings.safeParse({ ...to.settings, noSuchSetting: 1 }).success).toBe(false);
    });

    for (const how of ["for now", "for good"] as const) {
      if (cannot[how] !== undefined) {
        test(`a receiver that fails ${how}: does not happen, ${cannot[how]}`, async () => {
          await expect((async () => (await opened()).fail(how))()).rejects.toBeInstanceOf(Error);
        });
        continue;
      }
      test(`a receiver that fails ${how} is told apart, with a detail`, async () => {
        const to = await opened();
        await to.fail(how);
        const result = await send(to);
        expect(result).toMatchObject({ outcome: "failed", transient: how === "for now" });
        expect(result.detail).toMatch(/^[^\n]{3,500}$/);
      });
    }

    test("aborted before it begins: nothing is sent, and it may be tried again", async () => {
      const to = await opened();
      const before = await to.received();
      expect(await send(to, sampleMessage(), { signal: AbortSignal.abort(new Error("stop")) })).toMatchObject({ outcome: "failed", transient: true });
      expect(await to.received()).toEqual(before);
    });

    if (cannot["without an answer"] !== undefined) {
      test(`a receiver that does not answer: does not happen, ${cannot["without an answer"]}`, async () => {
        await expect((async () => (await opened()).fail("without an answer"))()).rejects.toBeInstanceOf(Error);
      });
    } else {
      test("aborted while the receiver does not answer: ends soon, and may be tried again", async () => {
        const to = await opened();
        await to.fail("without an answer");
        const stop = new AbortController();
        setTimeout(() => stop.abort(new Error("stop")), 100);
        const startedMs = performance.now();
        expect(await send(to, sampleMessage(), { signal: stop.signal })).toMatchObject({ outcome: "failed", transient: true });
        expect(performance.now() - startedMs).toBeLessThan(100 + ABORT_MS_MAX);
      });
    }

    if (cannot.secrets !== undefined) {
      test(`secrets: ${cannot.secrets}`, async () => {
        expect(Object.keys((await opened()).secrets)).toEqual([]);
      });
      return;
    }

    test("secrets are never in a result or in the log, also where the receiver quotes them", async () => {
      for (const how of [null, "for now", "for good"] as const) {
        const to = await opened();
        if (how !== null) await to.fail(how);
        const shown = JSON.stringify(await send(to)) + written.join("\n");
        for (const secret of Object.values(to.secrets)) {
          for (const piece of [secret, ...secret.split(/[\s/]+/).filter((p) => p.length >= 6)]) expect(shown).not.toContain(piece);
        }
        await to.close();
      }
    });

    test("a secret that is not there is named by its reference, and may be there next time", async () => {
      const to = await opened();
      for (const missing of Object.keys(to.secrets)) {
        const { [missing]: _gone, ...secrets } = to.secrets;
        const result = await send(to, sampleMessage(), { secrets });
        expect(result).toMatchObject({ outcome: "failed", transient: true });
        expect(result.detail).toContain(missing);
      }
      expect(await to.received()).toEqual([]);
    });
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
