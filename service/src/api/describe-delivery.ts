import type { z } from "zod";
import type { Delivery } from "../store/store.ts";
import { instantText, instantTextOrNull } from "./shapes/common.ts";
import type { deliveryShape } from "./shapes/delivery.ts";

/** A message on its way, without the settings of its channel. */
export function describeDelivery(delivery: Delivery): z.input<typeof deliveryShape> {
  return {
    key: delivery.key,
    alert: delivery.alertName,
    channel: delivery.channel.kind,
    revision: delivery.revision,
    event: delivery.message.foretop.event,
    status: delivery.status,
    attempts: delivery.attempts,
    detail: delivery.lastDetail,
    sent: instantTextOrNull(delivery.sentMs),
    detectorId: delivery.detectorId,
    groupId: delivery.groupId,
    headline: delivery.message.foretop.headline,
    created: instantText(delivery.createdMs),
    nextTry: delivery.status === "pending" ? instantText(delivery.nextTryMs) : null,
  };
}
