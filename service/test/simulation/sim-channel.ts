/**
 * Two channels of the simulated world: "page" is for people and follows up, "table" gets every revision. What arrives is
 * kept by the receiver; answers get lost after that, receivers are down, or do not answer until the sender gives up.
 */
import { z } from "zod";
import type { Channel, OutgoingDelivery, SendResult } from "../../src/channels/channel.ts";
import type { SimProcess } from "./sim-process.ts";

export function simChannels(process: SimProcess): Channel[] {
  const common = {
    settings: z.strictObject({}) as unknown as Channel["settings"], // no settings
    followsUp: true,
    send: (delivery: OutgoingDelivery) => send(process, delivery),
  };
  return [
    { ...common, kind: "page" },
    { ...common, kind: "table", everyRevision: true },
  ];
}

/** As long as deliver.ts waits for an answer. */
const PATIENCE_MS = 30_000;

async function send(process: SimProcess, { key, message }: OutgoingDelivery): Promise<SendResult> {
  const { weather, random, received } = process.world;
  if (random() < weather.channelHangs) {
    // It gives up by itself when the sender would, on the world's clock.
    return process.call("channel.hangs", () => Promise.resolve(failed("no answer within 30 s")), { wakeMs: process.scheduler.nowMs + PATIENCE_MS });
  }
  return process.call("channel.send", async () => {
    if (random() < weather.channelFails) return random() < 0.2 ? { ...failed("busy"), afterMs: 45_000 } : failed("down");
    await received(key, message);
    return random() < weather.channelAnswerLost ? failed("cut off") : { outcome: "sent", detail: "received" };
  });
}

function failed(detail: string): Extract<SendResult, { outcome: "failed" }> {
  return { outcome: "failed", transient: true, detail };
}
