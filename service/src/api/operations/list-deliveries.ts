import { z } from "zod";
import { describeDelivery } from "../describe-delivery.ts";
import { findDetector } from "../find-detector.ts";
import { operation } from "../operation.ts";
import { detectorInput, limitInput } from "../shapes/common.ts";
import { deliveryShape } from "../shapes/delivery.ts";
import { groupInput } from "../shapes/group.ts";

export const listDeliveries = operation({
  name: "listDeliveries",
  method: "GET",
  path: "/v1/deliveries",
  doc: "Messages of alerts, newest first; `status=failed` lists what could not be delivered.",
  input: z.strictObject({
    detector: detectorInput.optional(),
    group: groupInput.optional(),
    status: z.enum(["pending", "sent", "failed", "muted"]).optional().describe("pending, sent, failed or muted."),
    limit: limitInput,
  }),
  output: z.object({ deliveries: z.array(deliveryShape) }),
  async handle(system, { detector, group, status, limit }) {
    const deliveries = await system.store.deliveries.list({
      ...(detector !== undefined && { detectorId: (await findDetector(system, detector)).id }),
      ...(group !== undefined && { groupId: group }),
      ...(status !== undefined && { status }),
      limit,
    });
    return { deliveries: deliveries.map(describeDelivery) };
  },
});
