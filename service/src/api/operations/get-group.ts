import type { GroupMember } from "@foretop/engine";
import { z } from "zod";
import type { System } from "../../pipeline/system.ts";
import { shownSql } from "../../connectors/sql/shown-sql.ts";
import type { Detector } from "../../resources/detector.ts";
import { timeSeriesId } from "../../resources/time-series-id.ts";
import type { GroupEvidence, StoredGroup, StoredSeries } from "../../store/store.ts";
import { asOfInput } from "../as-of.ts";
import { describeCauses, describeContributions } from "../describe-causes.ts";
import { describeDelivery } from "../describe-delivery.ts";
import { describeGroup } from "../describe-group.ts";
import { findGroup } from "../find-group.ts";
import { knownSeries } from "../known-series.ts";
import { operation } from "../operation.ts";
import { dimensionsOf, seriesName } from "../series-name.ts";
import { figureOf, instantText, intervalOf } from "../shapes/common.ts";
import { groupDetail, groupInput } from "../shapes/group.ts";

const MEMBERS_MAX = 500;
const DELIVERIES_MAX = 200;
const REVISIONS_MAX = 200;

export const getGroup = operation({
  name: "getGroup",
  method: "GET",
  path: "/v1/groups/:group",
  doc: "One anomaly group in full: its series with names, contributions by dimension, the SQL that produced it with bound values, deliveries, and what was known when.",
  input: z.strictObject({ group: groupInput, asOf: asOfInput }),
  output: groupDetail,
  async handle(system, input) {
    const { stored, detector, atMs } = await findGroup(system, input.group, input.asOf);
    const { group } = stored;
    const series = await knownSeries(system, { ...detector, generation: stored.generation }, { including: group.members.map((member) => member.series) });
    const head = new Set(group.head);
    const members = [...group.members].sort((a, b) => b.severity - a.severity || a.series - b.series).slice(0, MEMBERS_MAX);
    const deliveries = await system.store.deliveries.list({ groupId: group.id, limit: DELIVERIES_MAX, ...(atMs !== undefined && { asOfMs: atMs }) });
    const revisions = await system.store.groups.revisions(group.id, atMs);
    return {
      ...describeGroup(stored, detector),
      peak: instantText(group.peakMs),
      mergedInto: group.mergedInto,
      zone: detector.config.zone,
      frequency: detector.config.frequency,
      members: members.flatMap((member) => {
        const known = series[member.series];
        return known === undefined ? [] : [describeMember(member, known, { detectorId: detector.id, isHead: head.has(member.series) })];
      }),
      memberCount: group.members.length,
      contributions: describeContributions(stored.contributions),
      causes: causesOf(stored, detector),
      data: stored.causes === undefined ? null : { verdict: stored.causes.data.verdict, reasons: [...stored.causes.data.reasons] },
      evidence: await describeEvidence(stored.evidence, system),
      deliveries: deliveries.map(describeDelivery),
      revisions: [...revisions]
        .sort((a, b) => b.group.revision - a.group.revision)
        .slice(0, REVISIONS_MAX)
        .map((revision) => ({
          revision: revision.group.revision,
          knownAt: instantText(revision.knownAtMs),
          status: revision.group.status,
          severity: revision.group.severity,
          last: instantText(revision.group.lastMs),
          seriesCount: revision.group.members.length,
          headline: revision.headline,
          reason: revision.reason,
        })),
    };
  },
});

function describeMember(member: GroupMember, { key, isLeaf }: StoredSeries, { detectorId, isHead }: { detectorId: string; isHead: boolean }) {
  return {
    series: member.series,
    id: timeSeriesId(detectorId, key),
    name: seriesName(key),
    dimensions: dimensionsOf(key),
    isLeaf,
    isHead,
    kind: member.kind,
    direction: member.direction,
    severity: member.severity,
    start: instantText(member.startMs),
    last: instantText(member.lastMs),
    intervalCount: member.intervalCount,
    peak: instantText(member.peakMs),
    actual: figureOf(member.actual),
    expected: figureOf(member.expected),
    lower: figureOf(member.lower),
    upper: figureOf(member.upper),
  };
}

function causesOf({ causes, evidence, group }: StoredGroup, { config }: Detector) {
  const measure = config.measures.find(({ name }) => name === group.measure);
  if (causes === undefined || measure === undefined) return null;
  const sql = evidence.statement === "" ? null : shownSql(evidence.statement, evidence.parameters);
  return describeCauses({ ...causes, interval: evidence.interval, sql, measure });
}

async function describeEvidence(evidence: GroupEvidence, { store }: System) {
  const attempt = await store.ledger.get(evidence.attemptId);
  return {
    statement: evidence.statement,
    parameters: evidence.parameters.map(instantText),
    shown: shownSql(evidence.statement, evidence.parameters),
    queryHash: evidence.queryHash,
    configHash: evidence.configHash,
    modelVersion: evidence.modelVersion,
    interval: intervalOf(evidence.interval),
    attempt: attempt && {
      id: attempt.id,
      outcome: attempt.outcome,
      rows: attempt.rows,
      bytes: attempt.bytes,
      started: instantText(attempt.startedMs),
      milliseconds: attempt.endedMs === null ? null : attempt.endedMs - attempt.startedMs,
      statementId: attempt.statementId,
    },
  };
}
