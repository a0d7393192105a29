import { z } from "zod";
import { shownSql } from "../../connectors/sql/shown-sql.ts";
import { explainRange } from "../../pipeline/explain-range.ts";
import type { System } from "../../pipeline/system.ts";
import { describeCauses, describeContributions } from "../describe-causes.ts";
import { findDetector } from "../find-detector.ts";
import { operation } from "../operation.ts";
import { explanationOutput } from "../shapes/causes.ts";
import { detectorInput, instantInput, instantText } from "../shapes/common.ts";

export const explain = operation({
  name: "explain",
  method: "GET",
  path: "/v1/detectors/:detector/explain",
  doc: "Which segments of a measure did it, in any range of judged intervals, anomalous or not: the smallest set of dimension values that explains how it differs from what was expected. Several intervals are added up. Groups carry the same for their peak (getGroup).",
  input: z.strictObject({
    detector: detectorInput,
    measure: z.string().min(1, "empty").max(200, "longer than 200 characters").describe("One of the detector's measures."),
    from: instantInput.describe("The range's begin; intervals that start from here on."),
    to: instantInput.describe("The range's end."),
  }),
  output: explanationOutput,
  async handle(system, input) {
    const detector = await findDetector(system, input.detector);
    const found = await explainRange(detector, input.measure, { startMs: Date.parse(input.from), endMs: Date.parse(input.to) }, system);
    const measure = detector.config.measures.find(({ name }) => name === input.measure)!; // explainRange has found it
    return {
      ...describeCauses({ ...found, inGroup: null, sql: await statementOf(found.attemptId, system), measure }),
      detector: detector.config.name,
      group: null,
      intervalCount: found.intervalCount,
      contributions: describeContributions(found.report.contribution),
      data: null,
      known: instantText(found.knownAtMs),
    };
  },
});

async function statementOf(attemptId: string | null, { store }: System): Promise<string | null> {
  const attempt = attemptId === null ? null : await store.ledger.get(attemptId);
  return attempt === null ? null : shownSql(attempt.statement, attempt.parameters);
}
