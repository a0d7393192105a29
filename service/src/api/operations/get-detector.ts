import { z } from "zod";
import { describeDetector } from "../describe-detector.ts";
import { findDetector } from "../find-detector.ts";
import { knownSeries } from "../known-series.ts";
import { operation } from "../operation.ts";
import { detectorInput, instantText, instantTextOrNull } from "../shapes/common.ts";
import { detectorDetail } from "../shapes/detector.ts";
import { shownSettings } from "../shown-settings.ts";
import { relationsOf, relationText } from "../../pipeline/declared-relations.ts";
import type { Detector, DetectorConfig, QueryConfig } from "../../resources/detector.ts";
import { TROUBLE_ADVICE } from "../../resources/trouble-advice.ts";
import type { IntervalRecord } from "../../store/store.ts";

/** How many of the last intervals are summed up under `recent`. */
const RECENT_INTERVALS = 500;

export const getDetector = operation({
  name: "getDetector",
  method: "GET",
  path: "/v1/detectors/:detector",
  doc: "One detector in full: configuration without secrets, status, head, lag, series, how far learning is, the last failure, and what is wrong with the detector itself.",
  input: z.strictObject({ detector: detectorInput }),
  output: detectorDetail,
  async handle(system, input) {
    const detector = await findDetector(system, input.detector);
    const { config } = detector;
    const series = await knownSeries(system, detector);
    const leaves = series.filter(({ isLeaf }) => isLeaf).length;
    const bytes = await system.store.segments.bytes(detector.id);
    return {
      ...(await describeDetector(detector, system)),
      findings: (await system.store.health.open())
        .filter(({ detectorId }) => detectorId === detector.id)
        .map(({ kind, sinceMs, message }) => ({ kind, since: instantText(sinceMs), message, advice: TROUBLE_ADVICE[kind] })),
      generation: detector.generation,
      configHash: detector.configHash,
      head: instantTextOrNull(detector.headMs),
      liveFrom: instantTextOrNull(detector.liveFromMs),
      offsetSeconds: config.offsetSeconds,
      series: { leaves, rollUps: series.length - leaves },
      bytes: { points: bytes.points, checkpoint: bytes.checkpoint },
      source: { kind: config.source.kind, settings: shownSettings(config.source.settings) },
      statements: statementsOf(config.query),
      timestampColumn: config.timestamp.column,
      measureSettings: config.measures.map((measure) => ({ ...measure })),
      relations: relationsOf(config).map(relationText),
      links: linksOf(config, await system.store.detectors.list()),
      alerts: config.alerts.map(({ name, description, severityMin, measures, channel }) => ({
        name,
        description,
        severityMin,
        measures: [...measures],
        channel: { kind: channel.kind, settings: shownSettings(channel.settings) },
      })),
      limits: { ...config.limits },
      recent: recentOf(await system.store.intervals.list(detector.id, { limit: RECENT_INTERVALS })),
    };
  },
});

/** Its own links, and those of others that name it. */
function linksOf({ name, links = [] }: DetectorConfig, all: readonly Detector[]) {
  const own = links.map(({ detector, measures }) => ({ detector, measures: [...measures], declaredBy: name }));
  const others = all.flatMap(({ config }) =>
    config.name !== name && config.links?.some(({ detector }) => detector === name) === true && !links.some(({ detector }) => detector === config.name) ? [{ detector: config.name, measures: [], declaredBy: config.name }] : [],
  );
  return [...own, ...others];
}

function statementsOf(query: QueryConfig): { title: string; file: string | null; sql: string }[] {
  if (query.kind === "bound") return [{ title: "query", file: query.file, sql: query.sql }];
  if (query.kind === "files") return [];
  const historical = { title: "historical query", file: query.historicalFile, sql: query.historicalSql };
  if (query.continuousSql === null) return [historical];
  return [historical, { title: "continuous query", file: query.continuousFile, sql: query.continuousSql }];
}

function recentOf(intervals: readonly IntervalRecord[]) {
  const sum = (of: (record: IntervalRecord) => number) => intervals.reduce((total, record) => total + of(record), 0);
  const oldest = intervals.at(-1);
  return {
    from: oldest === undefined ? null : instantText(oldest.interval.startMs),
    intervalCount: intervals.length,
    failedCount: sum(({ status }) => (status === "FAILED" ? 1 : 0)),
    judgedCount: sum(({ status, seriesCount }) => (status === "COMPLETED" ? seriesCount : 0)),
    anomalyCount: sum(({ anomalyCount }) => anomalyCount),
    heldBackCount: sum(({ heldBackCount }) => heldBackCount),
    rowCount: intervals.length === 0 ? null : sum(({ rows }) => rows?.processed ?? 0),
  };
}
