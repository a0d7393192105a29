/** What makes a group's figures checkable. */
import { z } from "zod";
import type { Evidence, SeriesEvidence } from "../../pipeline/gather-evidence.ts";
import { dimensionsOf, seriesName } from "../series-name.ts";
import { figure, figureOf, instant, instantText, intervalOf, intervalShape } from "./common.ts";

const seriesEvidence = z.object({
  name: z.string(),
  dimensions: z.record(z.string(), z.string().nullable()),
  isHead: z.boolean().describe("one of the smallest set of series that explains the group"),
  actual: figure,
  expected: figure,
  lower: figure,
  upper: figure,
  severity: figure,
  sql: z.string().describe("gives `actual` in your own database"),
  how: z.object({
    level: figure,
    dailyProfile: figure.describe("what the position in the day adds to the level"),
    weekProfile: figure.describe("what the hour of the week adds"),
    spread: figure.describe("usual deviation at this moment"),
    rarityUp: figure.describe("how many spreads upward are rare for this series, relative to a normal one"),
    rarityDown: figure,
    pointsLearned: z.number(),
    pointsGated: z.number().describe("points whose influence on what was learned was limited, because they were far off"),
  }),
});

export const evidenceShape = z.object({
  group: z.string(),
  revision: z.number(),
  measure: z.string(),
  interval: intervalShape,
  intervalVersion: z.number().describe("the version of the interval that was in effect"),
  knownAt: instant,
  attempt: z.string().describe("the reading in the ledger"),
  sql: z.string().describe("the statement of that reading, its bounds in place"),
  queryHash: z.string(),
  configHash: z.string(),
  modelVersion: z.string(),
  checkpointEnd: instant.describe("states were loaded from the checkpoint that ends here and replayed up to the interval"),
  series: z.array(seriesEvidence),
  hash: z.string().describe("SHA-256 over all of it"),
});

export function describeEvidence(evidence: Evidence): z.input<typeof evidenceShape> {
  const { groupId, revision, measure, intervalVersion, knownAtMs, attemptId, sql, queryHash, configHash, modelVersion, checkpointEndMs, hash } = evidence;
  return {
    group: groupId,
    revision,
    measure,
    interval: intervalOf(evidence),
    intervalVersion,
    knownAt: instantText(knownAtMs),
    attempt: attemptId,
    sql,
    queryHash,
    configHash,
    modelVersion,
    checkpointEnd: instantText(checkpointEndMs),
    series: evidence.series.map(describeSeries),
    hash,
  };
}

function describeSeries({ key, isHead, actual, expected, lower, upper, severity, sql, explanation }: SeriesEvidence): z.input<typeof seriesEvidence> {
  return {
    name: seriesName(key),
    dimensions: dimensionsOf(key),
    isHead,
    actual: figureOf(actual),
    expected: figureOf(expected),
    lower: figureOf(lower),
    upper: figureOf(upper),
    severity: figureOf(severity),
    sql,
    how: {
      level: figureOf(explanation.level),
      dailyProfile: figureOf(explanation.dailyProfile),
      weekProfile: figureOf(explanation.weekProfile),
      spread: figureOf(explanation.spread),
      rarityUp: figureOf(explanation.rarityUp),
      rarityDown: figureOf(explanation.rarityDown),
      pointsLearned: explanation.pointsLearned,
      pointsGated: explanation.pointsGated,
    },
  };
}
