/** The groups of the fixture world's incidents, and the messages about them, as the pipeline would have stored them. */
import { dataVerdict, type AnomalyGroup, type GroupMember, type SeriesKey } from "@foretop/engine";
import { buildMessage } from "../../src/alerts/build-message.ts";
import { causesOfLeaves } from "../../src/pipeline/find-measure-causes.ts";
import { groupId } from "../../src/pipeline/group-id.ts";
import { headlineOf } from "../../src/pipeline/headline.ts";
import { measureLeaves } from "../../src/pipeline/measure-leaves.ts";
import type { SeriesTable } from "../../src/pipeline/series-table.ts";
import type { Detector } from "../../src/resources/detector.ts";
import type { Delivery, StoredGroup } from "../../src/store/store.ts";
import type { Figures } from "./fill-world.ts";
import { HOUR_MS } from "./numbers.ts";
import { hits, type Incident, INCIDENTS } from "./plan-of-incidents.ts";

interface WorldNumbers {
  readonly headMs: number;
  readonly figures: (key: SeriesKey, startMs: number) => Figures;
}

export function groupsOf(detector: Detector, table: SeriesTable, numbers: WorldNumbers): StoredGroup[] {
  return INCIDENTS.map((incident) => groupOf(incident, detector, table, numbers));
}

function groupOf(incident: Incident, detector: Detector, table: SeriesTable, { headMs, figures }: WorldNumbers): StoredGroup {
  const startMs = headMs - incident.startBefore * HOUR_MS;
  const lastMs = startMs + (incident.intervalCount - 1) * HOUR_MS;
  const hit = table.stored.filter(({ key }) => key.measure === incident.measure && figures(key, lastMs).kind === incident.kind);
  const segmentDimensions = Object.keys(incident.segment).length;
  const headSeries = hit.find(({ key }) => key.dimensions.length === segmentDimensions && hits(incident, key))!;
  const top = figures(headSeries.key, lastMs);
  const members: GroupMember[] = hit.map(({ number, key }) => memberOf(number, figures(key, lastMs), { incident, startMs, lastMs }));
  const group: AnomalyGroup = {
    id: groupId(`${detector.config.name} ${incident.measure} ${startMs}`),
    revision: 1,
    measure: incident.measure,
    status: incident.quietSince === 0 ? "open" : "closed",
    mergedInto: null,
    kind: incident.kind,
    direction: top.actual > top.expected ? "up" : "down",
    severity: incident.severity,
    startMs,
    lastMs,
    peakMs: lastMs,
    members,
    head: [headSeries.number],
    actual: top.actual,
    expected: top.expected,
    lower: top.lower,
    upper: top.upper,
    quietIntervals: incident.quietSince,
  };
  const column = (of: (all: Figures) => number) => Float64Array.from(table.stored, ({ key }) => of(figures(key, lastMs)));
  const measure = detector.config.measures.find(({ name }) => name === incident.measure)!;
  const shown = { values: column(({ actual }) => actual), counts: column(({ actual }) => (actual > 0 ? 1 : 0)), expected: column(({ expected }) => expected), lower: column(({ lower }) => lower), upper: column(({ upper }) => upper) };
  const { report, method, outOfBand } = causesOfLeaves(measure, measureLeaves(measure, { config: detector.config, table }, [shown]), shown);
  const { contribution, ...told } = report;
  const interval = { startMs: lastMs, endMs: lastMs + HOUR_MS };
  return {
    detectorId: detector.id,
    generation: 1,
    group,
    contributions: contribution,
    causes: { startMs: lastMs, method, report: told, inGroup: told.causes.map(() => true), outOfBand, data: verdictOf(incident) },
    segments: [incident.segment],
    headline: headlineOf(group, [incident.segment], { intervalSeconds: 3600 }),
    evidence: {
      statement: `${detector.config.query.kind === "bound" ? detector.config.query.sql : ""}`.replace(":start", "$1").replace(":end", "$2"),
      parameters: [interval.startMs, interval.endMs],
      attemptId: "",
      queryHash: "9f86d081884c7d65",
      interval,
      configHash: detector.configHash,
      modelVersion: "1",
    },
    reason: null,
    knownAtMs: lastMs + HOUR_MS + 300_100,
  };
}

/** A segment whose rows are gone is looked at as what it most likely is. */
function verdictOf({ kind, segment }: Incident) {
  const [gone] = Object.entries(segment);
  const isGone = kind === "stopped" && gone !== undefined;
  return dataVerdict({
    rowCount: isGone ? 18 : 21,
    rowCountExpected: 21,
    reached: 1,
    duplicateShare: 0,
    duplicateShareUsual: 0,
    nullShare: 0,
    nullShareUsual: 0,
    missingPartitions: isGone ? [{ dimension: gone[0], value: gone[1] }] : [],
    partitionCount: 7,
    measuresFallen: 0,
    measureCount: 2,
    change: -0.1,
  });
}

function memberOf(series: number, figures: Figures, { incident, startMs, lastMs }: { incident: Incident; startMs: number; lastMs: number }): GroupMember {
  const { actual, expected, lower, upper } = figures;
  return {
    series,
    kind: incident.kind,
    direction: actual > expected ? "up" : "down",
    severity: incident.severity,
    startMs,
    lastMs,
    intervalCount: incident.intervalCount,
    peakMs: lastMs,
    actual,
    expected,
    lower,
    upper,
  };
}

/** The message of the detector's first alert: sent, but the last incident's could not be delivered. */
export function deliveryOf(detector: Detector, table: SeriesTable, stored: StoredGroup): Delivery {
  const alert = detector.config.alerts[0]!;
  const key = `${alert.name}:${stored.group.id}:${stored.group.revision}`;
  const isOpen = stored.group.status === "open";
  return {
    key,
    detectorId: detector.id,
    alertName: alert.name,
    channel: alert.channel,
    groupId: stored.group.id,
    revision: stored.group.revision,
    message: buildMessage({ alert, detector, stored, event: "opened", deliveryKey: key, keys: table.keys, current: null, consoleUrl: "http://127.0.0.1:7373" }),
    status: isOpen ? "failed" : "sent",
    attempts: isOpen ? 8 : 1,
    nextTryMs: stored.knownAtMs,
    lastDetail: isOpen ? "connection refused by hooks.example.com" : "200 OK",
    createdMs: stored.knownAtMs,
    sentMs: isOpen ? null : stored.knownAtMs + 240,
  };
}
