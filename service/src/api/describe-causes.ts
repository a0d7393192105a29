import { segmentText, type CauseReport, type Cut, type DimensionContribution, type DimensionValue, type OutOfBand } from "@foretop/engine";
import type { z } from "zod";
import type { Interval } from "../crawl/batch.ts";
import { seriesSql } from "../pipeline/gather-evidence.ts";
import type { MeasureConfig } from "../resources/detector.ts";
import type { CauseMethod } from "../store/cause-methods.ts";
import type { DistinctCheck } from "../store/store.ts";
import { intervalOf, figureOf } from "./shapes/common.ts";
import type { causesShape } from "./shapes/causes.ts";
import type { contributionShape } from "./shapes/contribution.ts";

export interface CausesToDescribe {
  readonly interval: Interval;
  readonly method: CauseMethod;
  readonly report: Omit<CauseReport, "contribution">;
  /** [cause]; null = all */
  readonly inGroup: readonly boolean[] | null;
  readonly outOfBand: readonly OutOfBand[];
  readonly check?: DistinctCheck | null;
  /** the interval's statement with its bounds; null where several readings hold the range */
  readonly sql: string | null;
  readonly measure: Pick<MeasureConfig, "column" | "aggregation" | "denominator">;
}

export function describeCauses({ interval, method, report, inGroup, outOfBand, check = null, sql, measure }: CausesToDescribe): z.input<typeof causesShape> {
  return {
    interval: intervalOf(interval),
    measure: report.measure,
    method,
    verdict: report.verdict,
    sentence: report.sentence,
    expected: figureOf(report.expected),
    actual: figureOf(report.actual),
    causes: report.causes.map(({ segment, siblings, expected, actual, change, ...cause }, k) => ({
      ...cause,
      segment: segmentOf(segment),
      name: segmentText({ dimensions: segment }),
      expected: figureOf(expected),
      actual: figureOf(actual),
      change: figureOf(change),
      inGroup: inGroup?.[k] ?? true,
      siblings: siblings.map(({ isFixed, ...check }) => ({ ...check, fixed: isFixed, alike: [...check.alike], otherwise: [...check.otherwise] })),
      sql: sql === null ? null : seriesSql(sql, { measure: report.measure, dimensions: segment }, measure),
    })),
    explained: { ...report.explained },
    sharedChange: report.sharedChange,
    smallestSeen: report.smallestSeen === null ? null : { ...report.smallestSeen },
    outOfBand: outOfBand.map(({ segment, actual, lower, upper, direction }) => ({ segment: segmentOf(segment), name: segmentText({ dimensions: segment }), actual, lower, upper, direction })),
    check: describeCheck(check),
    missingCount: report.missingCount,
    notes: [
      ...report.constant.map(({ name, value }) => `${name} is ${value ?? "null"} everywhere: it tells nothing apart.`),
      ...(report.missingCount > 0 ? [`${report.missingCount} combinations without a usable value were left out.`] : []),
      ...report.cuts.map(cutText),
    ],
  };
}

function describeCheck(check: DistinctCheck | null): z.input<typeof causesShape>["check"] {
  if (check === null) return null;
  if (!check.isDone) return { done: false, text: `Not checked: ${check.why}. Distinct counts do not add up, so these are proposals.`, sql: null, comparedWith: null, comparedSql: null };
  const withdrawn = check.withdrawnCount === 0 ? "" : ` ${check.withdrawnCount === 1 ? "One proposal was" : `${check.withdrawnCount} proposals were`} withdrawn: by ${check.withdrawnCount === 1 ? "its" : "their"} own count nothing moved.`;
  return { done: true, text: `Checked by a query of their own, here and in a calm interval.${withdrawn}`, sql: check.sql, comparedWith: intervalOf(check.comparedWith), comparedSql: check.comparedSql };
}

function segmentOf(dimensions: readonly DimensionValue[]): Record<string, string | null> {
  return Object.fromEntries(dimensions.map(({ name, value }) => [name, value]));
}

/** What a limit left out, for people. */
export function cutText(cut: Cut): string {
  if (cut.limit === "dimensions") return `Not looked at, beyond ${cut.max} dimensions: ${cut.dimensions.join(", ")}.`;
  if (cut.limit === "combined dimensions") return `Not combined with the others, beyond ${cut.max} dimensions: ${cut.dimensions.join(", ")}.`;
  if (cut.limit === "leaves") return `Of ${cut.count} combinations the ${cut.max} largest were looked at.`;
  if (cut.limit === "values") return `Of the ${cut.count} values of ${cut.dimension} the ${cut.kept} that deviate most were looked at one by one.`;
  return `More than ${cut.max} causes: the first ${cut.max} are shown.`;
}

const DIRECTIONS = { "-1": "down", "0": "none", "1": "up" } as const;

export function describeContributions(contributions: readonly DimensionContribution[]): z.input<typeof contributionShape>[] {
  return contributions.map(({ dimension, values }) => ({
    dimension,
    values: values.map(({ value, score, actual, expected, direction }) => ({
      value,
      score,
      actual: figureOf(actual),
      expected: figureOf(expected),
      direction: DIRECTIONS[direction],
    })),
  }));
}
