/** What doctor asks of a configured source: connects? may read? too powerful? indexed? clock? columns? */
import type { SourceFinding } from "../connectors/connector.ts";
import type { System } from "../pipeline/system.ts";
import { adviceOf, describeError, SourceError, UserError } from "../telemetry/errors.ts";
import { aggregationText, planAggregation } from "../crawl/plan-aggregation.ts";
import { checkColumns } from "./check-columns.ts";
import { checkSettings, noPlaces } from "./check-settings.ts";
import type { DetectorConfig } from "./detector.ts";
import { withSource } from "./with-source.ts";

export const CHECK_SECONDS_MAX = 30;

/** Never throws for a finding: a source that can't be reached is one. */
export async function checkConfiguredSource(config: DetectorConfig, system: Pick<System, "connectors" | "channels" | "secrets" | "clock">): Promise<readonly SourceFinding[]> {
  const problems = checkSettings(config, system, noPlaces);
  if (problems.length > 0) return problems.map(({ message, advice }) => ({ check: "connects", level: "error", message, advice }));
  try {
    return await withSource(config, system, AbortSignal.timeout(CHECK_SECONDS_MAX * 1000), async (source, query, interval) => {
      const findings = [...(await source.check(query, config.timestamp.column))];
      const canRead = !findings.some(({ check, level }) => check === "reads" && level === "error");
      if (!canRead) return findings;
      const columns = await source.describe(query);
      const { problems: wrong, warnings } = checkColumns(config, columns, noPlaces);
      for (const { message, advice } of wrong) findings.push({ check: "reads", level: "error", message, advice });
      for (const { message, advice } of warnings) findings.push({ check: "reads", level: "warning", message, advice });
      if (wrong.length === 0) findings.push({ check: "aggregation", level: "ok", message: aggregationText(planAggregation(config, source, query, columns, interval)), advice: null });
      return findings;
    });
  } catch (error) {
    if (!(error instanceof SourceError || error instanceof UserError)) throw error;
    return [{ check: "connects", level: "error", message: describeError(error), advice: adviceOf(error) }];
  }
}
