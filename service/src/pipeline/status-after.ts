import { STATUSES } from "@foretop/engine";
import type { Detector, DetectorStatus } from "../resources/detector.ts";
import type { JudgedInterval } from "./judge-interval.ts";

const JUDGED = STATUSES.indexOf("judged");

/** LEARNING becomes ACTIVE with the first interval in which a series was judged; series go on learning one by one. */
export function statusAfter(detector: Detector, { judgement }: JudgedInterval): DetectorStatus {
  if (detector.status !== "LEARNING") return detector.status;
  return judgement.status.includes(JUDGED) ? "ACTIVE" : "LEARNING";
}
