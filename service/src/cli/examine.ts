/** What doctor looks at, one small check each; a check that fails itself is a finding, never the end. */
import { accessSync, constants, existsSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SourceFinding } from "../connectors/connector.ts";
import { checkSettings } from "../resources/check-settings.ts";
import { adviceOf, describeError } from "../telemetry/errors.ts";
import type { CliCommands, CommandContext } from "./commands.ts";
import { readConfigFiles } from "./config-files.ts";

export interface DoctorFinding {
  /** node, disk, home, secrets, database, source NAME … */
  readonly area: string;
  readonly level: "ok" | "warning" | "error";
  readonly message: string;
  /** what to do */
  readonly advice: string | null;
}

export const NODE_MAJOR_MIN = 22;
const FREE_BYTES_MIN = 1 << 30; // under this PostgreSQL and the segments of a busy day may not fit
const FREE_BYTES_WARN = 5 * FREE_BYTES_MIN;

export async function examine(file: string | null, commands: CliCommands, context: CommandContext): Promise<DoctorFinding[]> {
  const { config } = context;
  const findings: DoctorFinding[] = [checkNode(process.versions.node), checkHome(config.homeFolder), checkDisk(config.homeFolder), checkSecretsFolder(config.secretsFolder)];
  if (file !== null) findings.push(checkFile(file, commands, context));
  const isUsable = findings.every(({ area, level }) => area !== "home" || level !== "error");
  if (isUsable) findings.push(...(await checkService(file, context)));
  return findings;
}

export function checkNode(version: string): DoctorFinding {
  const major = Number(version.split(".")[0]);
  if (major >= NODE_MAJOR_MIN) return { area: "node", level: "ok", message: `Node ${version}`, advice: null };
  return { area: "node", level: "error", message: `Node ${version} is too old`, advice: `Install Node ${NODE_MAJOR_MIN} or later.` };
}

export function checkHome(homeFolder: string): DoctorFinding {
  const area = "home";
  if (!existsSync(homeFolder)) {
    const parent = nearestExisting(homeFolder);
    if (isWritable(parent)) return { area, level: "ok", message: `${homeFolder} does not exist yet and will be created`, advice: null };
    return { area, level: "error", message: `${homeFolder} does not exist and can't be created in ${parent}`, advice: "Create it for the user that runs foretop, or set FORETOP_HOME to another folder." };
  }
  if (!statSync(homeFolder).isDirectory()) return { area, level: "error", message: `${homeFolder} is not a folder`, advice: "Set FORETOP_HOME to a folder." };
  // Access bits say nothing about a full disk or a read-only mount: write for real.
  const probe = join(homeFolder, `.doctor-${process.pid}`);
  try {
    writeFileSync(probe, "doctor\n", { flag: "wx", mode: 0o600 });
    rmSync(probe);
    return { area, level: "ok", message: `${homeFolder} can be written`, advice: null };
  } catch (error) {
    rmSync(probe, { force: true });
    return { area, level: "error", message: `${homeFolder} can't be written: ${describeError(error)}`, advice: "Give it to the user that runs foretop (chown), free space, or set FORETOP_HOME to another folder." };
  }
}

export function checkDisk(homeFolder: string): DoctorFinding {
  try {
    const { bavail, bsize } = statfsSync(nearestExisting(homeFolder));
    return diskFinding(bavail * bsize);
  } catch (error) {
    return { area: "disk", level: "warning", message: `free space is not known: ${describeError(error)}`, advice: null };
  }
}

export function diskFinding(freeBytes: number): DoctorFinding {
  const shown = `${(freeBytes / (1 << 30)).toFixed(1)} GiB free`;
  if (freeBytes < FREE_BYTES_MIN) return { area: "disk", level: "error", message: shown, advice: "Free at least 1 GiB: PostgreSQL stops on a full disk." };
  if (freeBytes < FREE_BYTES_WARN) return { area: "disk", level: "warning", message: shown, advice: "Plan for 200 bytes per series and interval." };
  return { area: "disk", level: "ok", message: shown, advice: null };
}

export function checkSecretsFolder(folder: string): DoctorFinding {
  const area = "secrets";
  if (!existsSync(folder)) return { area, level: "ok", message: `no folder of secrets (${folder}): references secret:NAME won't resolve`, advice: null };
  const mode = statSync(folder).mode & 0o777;
  if ((mode & 0o077) === 0 || process.platform === "win32") return { area, level: "ok", message: `${folder} is for its owner only`, advice: null };
  return { area, level: "warning", message: `${folder} can be entered by other users (mode ${mode.toString(8)})`, advice: `chmod 700 ${folder}; chmod 600 ${folder}/*.json` };
}

function checkFile(file: string, { registries }: CliCommands, { io }: CommandContext): DoctorFinding {
  const area = `file ${file}`;
  try {
    const { parsed } = readConfigFiles(file, io.cwd, { strict: false });
    const problems = checkSettings(parsed.config, registries, parsed.locate);
    if (problems.length === 0) return { area, level: "ok", message: `is in order; ${parsed.warnings.length} warnings`, advice: parsed.warnings.length === 0 ? null : "foretop plan shows them." };
    return { area, level: "error", message: problems.map(({ message, where }) => `${where}: ${message}`).join("; "), advice: problems[0]!.advice };
  } catch (error) {
    return { area, level: "error", message: describeError(error), advice: adviceOf(error) };
  }
}

/** Foretop's own database, and each source as the service sees it: with its secrets, from its network. */
async function checkService(file: string | null, context: CommandContext): Promise<DoctorFinding[]> {
  const findings: DoctorFinding[] = [];
  const place = context.config.databaseUrl === null ? "the embedded PostgreSQL" : "DATABASE_URL";
  try {
    const client = await context.client();
    const status = await client.call("getStatus", {});
    findings.push({ area: "database", level: status.notReady.length === 0 ? "ok" : "warning", message: `${place} answers${status.notReady.length === 0 ? "" : `; not ready: ${status.notReady.join(", ")}`}`, advice: null });
    findings.push(clockFinding(Date.parse(status.now), Date.now()));
    if (status.undeliveredCount > 0) findings.push({ area: "deliveries", level: "warning", message: `${status.undeliveredCount} messages could not be delivered`, advice: "foretop delivery list --status failed" });
    const { detectors } = await client.call("listDetectors", {});
    for (const { id, name } of detectors) {
      context.signal.throwIfAborted();
      findings.push(...sourceFindings(name, (await client.call("checkSource", { detector: id })).findings));
    }
    if (file !== null) {
      const { files, parsed } = readConfigFiles(file, context.io.cwd, { strict: false });
      if (!detectors.some(({ name }) => name === parsed.config.name)) {
        const checked = await client.call("checkConfigSource", files);
        findings.push(...sourceFindings(parsed.config.name, checked.findings));
      }
    }
  } catch (error) {
    context.signal.throwIfAborted();
    findings.push({ area: findings.length === 0 ? "database" : "service", level: "error", message: describeError(error), advice: adviceOf(error) });
  }
  return findings;
}

function sourceFindings(name: string, findings: readonly SourceFinding[]): DoctorFinding[] {
  return findings.map(({ check, level, message, advice }) => ({ area: `source ${name}: ${check}`, level, message, advice }));
}

const CLOCK_SKEW_SECONDS_MAX = 5;

function clockFinding(serviceMs: number, hereMs: number): DoctorFinding {
  const seconds = Math.abs(serviceMs - hereMs) / 1000;
  if (seconds <= CLOCK_SKEW_SECONDS_MAX) return { area: "clock", level: "ok", message: "the service's clock agrees with this machine's", advice: null };
  return { area: "clock", level: "warning", message: `the service's clock is ${Math.round(seconds)} s off this machine's`, advice: "Run NTP on both: intervals are closed by the clock." };
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
