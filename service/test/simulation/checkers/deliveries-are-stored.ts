import { isDeepStrictEqual } from "node:util";
import type { Facts } from "../facts.ts";
import type { SimWorld } from "../sim-world.ts";
import { Violation } from "../violation.ts";

/**
 * What arrived anywhere is in the store as it arrived, tells of a revision that is there, and under one key nothing else
 * ever arrives. An alert opens a group once.
 */
export function deliveriesAreStored({ receivedMessages }: SimWorld, { deliveries, revisions }: Facts): void {
  const wrong = (message: string): never => {
    throw new Violation("deliveries are stored", message);
  };
  const deliveryOf = new Map(deliveries.map((delivery) => [delivery.key, delivery]));
  const known = new Set(revisions.map(({ group_id, revision }) => `${group_id} ${revision}`));
  for (const [key, messages] of receivedMessages) {
    const delivery = deliveryOf.get(key);
    if (delivery === undefined) return wrong(`${key} arrived and is not in the outbox`);
    for (const message of messages) if (!isDeepStrictEqual(message, delivery.message)) wrong(`${key} arrived with other content than the outbox holds`);
  }
  const opened = new Set<string>();
  for (const { key, alert_name, group_id, revision, status, message } of deliveries) {
    if (!known.has(`${group_id} ${revision}`)) wrong(`${key} tells of a revision that is not there`);
    if (status === "sent" && !receivedMessages.has(key)) wrong(`${key} counts as sent and never arrived`);
    if (message.foretop.event !== "opened") continue;
    if (opened.has(`${alert_name} ${group_id}`)) wrong(`${alert_name} opened ${group_id} twice`);
    opened.add(`${alert_name} ${group_id}`);
  }
}
