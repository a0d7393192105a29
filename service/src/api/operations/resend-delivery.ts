import { z } from "zod";
import { operation } from "../operation.ts";

export const resendDelivery = operation({
  name: "resendDelivery",
  method: "POST",
  path: "/v1/deliveries/:delivery/resend",
  doc: "Sends a message again, under the same delivery key: what could not be delivered, or what a receiver has lost.",
  input: z.strictObject({ delivery: z.string().min(1).max(500).describe("A delivery's key, from listDeliveries.") }),
  output: z.object({ key: z.string(), status: z.literal("pending") }),
  async handle({ store, clock }, { delivery }) {
    await store.deliveries.resend(delivery, clock.nowMs());
    return { key: delivery, status: "pending" as const };
  },
});
