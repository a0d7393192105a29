/** A source opened by the command line itself: no state is needed for it, nor a running serve. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Connector, DatasetNeeds, Source } from "../../connectors/connector.ts";
import { didYouMean } from "../../resources/did-you-mean.ts";
import { openSecrets } from "../../secrets/open-secrets.ts";
import type { Secrets } from "../../secrets/secrets.ts";
import { UserError } from "../../telemetry/errors.ts";
import { silentLogger } from "../../telemetry/logger.ts";
import type { CliCommands, CommandContext } from "../commands.ts";

export interface SourceToOpen {
  readonly kind: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly zone: string;
  readonly dataset?: DatasetNeeds;
}

export function connectorNamed(kind: string, { registries }: CliCommands): Connector {
  const connector = registries.connectors.get(kind);
  if (connector !== undefined) return connector;
  const known = [...registries.connectors.keys()];
  const meant = didYouMean(kind, known);
  throw new UserError(`there is no connector "${kind}"`, { code: "NOT_FOUND", where: "--kind", advice: meant === null ? `There are: ${known.join(", ")}.` : `Did you mean "${meant}"?` });
}

/** Throws UserError for settings that don't fit, SourceError when it can't be reached. The caller closes it. */
export async function openSourceHere({ kind, settings, zone, dataset }: SourceToOpen, commands: CliCommands, context: CommandContext): Promise<Source> {
  const connector = connectorNamed(kind, commands);
  const checked = connector.settings.safeParse(settings);
  // Without the values: one of them may be a password that somebody typed.
  if (!checked.success) {
    const issues = checked.error.issues.map(({ path, message }) => `${["source", ...path].join(".")}: ${message}`);
    throw new UserError(`the settings don't fit: ${issues.join("; ")}`, { code: "INVALID", where: "source", advice: `They are in docs/connectors/${kind}.md.` });
  }
  return connector.open(checked.data, { secrets: secretsHere(context), zone, signal: context.signal, ...(dataset !== undefined && { dataset }) });
}

function secretsHere({ config, io, redactor }: CommandContext): Secrets {
  return openSecrets({ homeFolder: config.homeFolder, folder: config.secretsFolder, env: io.env, redactor, log: silentLogger });
}

/** Whether what was given is a file or folder, or else a detector's name. */
export function isPath(given: string, cwd: string): boolean {
  return existsSync(resolve(cwd, given));
}
