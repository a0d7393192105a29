/** Connector and channel settings against what each declares, and the query against what may be sent at all. */
import { intervalStartAt, nextIntervalStart } from "@foretop/engine";
import type { Channel } from "../channels/channel.ts";
import type { Connector } from "../connectors/connector.ts";
import { bindQuery } from "../connectors/sql/bind-query.ts";
import { UserError } from "../telemetry/errors.ts";
import { problemsOfIssues, type ConfigProblem } from "./config-problem.ts";
import type { DetectorConfig } from "./detector.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { PathStep } from "./located-document.ts";
import type { Locate } from "./parse-config.ts";

export interface Registries {
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly channels: ReadonlyMap<string, Channel>;
}

/** Places are unknown when the configuration did not come from a file: fields are named instead. */
export const noPlaces: Locate = (path) => path.join(".");

/** Everything that can be known without asking the source. */
export function checkSettings(config: DetectorConfig, { connectors, channels }: Registries, locate: Locate = noPlaces): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const connector = connectors.get(config.source.kind);
  if (connector === undefined) {
    problems.push({ message: `there is no connector "${config.source.kind}"`, where: locate(["source", "kind"]), advice: oneOf(config.source.kind, [...connectors.keys()]) });
  } else {
    problems.push(...problemsOfSettings(connector.settings, config.source.settings, "source", ["source", "settings"], locate));
    const refused = problemOfQuery(config, connector, locate);
    if (refused !== null) problems.push(refused);
  }
  for (const [i, alert] of config.alerts.entries()) {
    const channel = channels.get(alert.channel.kind);
    if (channel === undefined) {
      problems.push({ message: `there is no channel "${alert.channel.kind}"`, where: locate(["alerts", i, "channel", "kind"]), advice: oneOf(alert.channel.kind, [...channels.keys()]) });
      continue;
    }
    problems.push(...problemsOfSettings(channel.settings, alert.channel.settings, `alerts[${i}].channel`, ["alerts", i, "channel", "settings"], locate));
  }
  return problems;
}

function problemsOfSettings(schema: Connector["settings"], settings: Readonly<Record<string, unknown>>, name: string, path: PathStep[], locate: Locate): ConfigProblem[] {
  const checked = schema.safeParse(settings);
  if (checked.success) return [];
  return problemsOfIssues(checked.error, schema, { name, value: settings, locate: (inner) => locate([...path, ...inner]) });
}

/** What is refused before anything is sent: not one SELECT, a write inside it, no :start, a clock that can't be pinned. */
function problemOfQuery({ query, timestamp, frequency, zone }: DetectorConfig, { dialect }: Connector, locate: Locate): ConfigProblem | null {
  const startMs = intervalStartAt(Date.UTC(2024, 0, 2), frequency, zone); // any interval: the text is what is looked at
  const example = { startMs, endMs: nextIntervalStart(startMs, frequency, zone) };
  try {
    bindQuery(query, timestamp.column, example, dialect);
    return null;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const place = locate(["query", query.kind === "bound" ? "sql" : "historicalSql"]);
    return { message: error.message, where: error.where === null ? place : query.kind === "bound" && query.file === null ? `${place} (query, ${error.where})` : error.where, advice: error.advice };
  }
}

function oneOf(name: string, known: readonly string[]): string {
  const meant = didYouMean(name, known);
  return meant === null ? `There are: ${known.join(", ")}.` : `Did you mean "${meant}"?`;
}
