/** Every operation of the /v1 API, by name: what the server routes, what the OpenAPI document lists, what the CLI calls. */
import type { z } from "zod";
import { activateDetector } from "./activate-detector.ts";
import { applyConfig } from "./apply-config.ts";
import { backfill } from "./backfill.ts";
import { checkConfigSource } from "./check-config-source.ts";
import { checkSource } from "./check-source.ts";
import { deactivateDetector } from "./deactivate-detector.ts";
import { deleteDetector } from "./delete-detector.ts";
import { explain } from "./explain.ts";
import { getDetector } from "./get-detector.ts";
import { getEvidence } from "./get-evidence.ts";
import { getGroup } from "./get-group.ts";
import { getGroupSeries } from "./get-group-series.ts";
import { getIncident } from "./get-incident.ts";
import { getInterval } from "./get-interval.ts";
import { getRelated } from "./get-related.ts";
import { getSeriesPoints } from "./get-series-points.ts";
import { getSpace } from "./get-space.ts";
import { getStatus } from "./get-status.ts";
import { listDeliveries } from "./list-deliveries.ts";
import { listDetectors } from "./list-detectors.ts";
import { listGroups } from "./list-groups.ts";
import { listIncidents } from "./list-incidents.ts";
import { listIntervals } from "./list-intervals.ts";
import { listLedger } from "./list-ledger.ts";
import { listSeries } from "./list-series.ts";
import { muteDetector } from "./mute-detector.ts";
import { planConfig } from "./plan-config.ts";
import { rerunInterval } from "./rerun-interval.ts";
import { resendDelivery } from "./resend-delivery.ts";
import { verifyEvidence } from "./verify-evidence.ts";

export const operations = {
  getStatus,
  getSpace,
  listDetectors,
  getDetector,
  listSeries,
  getSeriesPoints,
  listIntervals,
  getInterval,
  listLedger,
  listGroups,
  getGroup,
  getGroupSeries,
  explain,
  getRelated,
  getIncident,
  listIncidents,
  getEvidence,
  verifyEvidence,
  listDeliveries,
  planConfig,
  applyConfig,
  checkConfigSource,
  checkSource,
  activateDetector,
  deactivateDetector,
  deleteDetector,
  muteDetector,
  rerunInterval,
  backfill,
  resendDelivery,
} as const;

export type Operations = typeof operations;
export type OperationName = keyof Operations;
/** What a caller passes. */
export type InputOf<Name extends OperationName> = z.input<Operations[Name]["input"]>;
/** What a caller gets. */
export type OutputOf<Name extends OperationName> = z.output<Operations[Name]["output"]>;
