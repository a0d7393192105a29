/** One message of an alert on its way. */
import { z } from "zod";
import { instant } from "./common.ts";
import { groupDelivery } from "./group.ts";

export const deliveryShape = groupDelivery.extend({
  detectorId: z.string(),
  groupId: z.string(),
  headline: z.string(),
  created: instant,
  nextTry: instant.nullable().describe("null unless pending"),
});
