/**
 * Makes what is stored equal to a configuration: creates, changes or leaves alone. All checks come first, so that a
 * refused file leaves nothing behind; the change itself is one transaction of the store. The same file twice is a no-op.
 *
 * A detector that runs goes on running. When its query, measures or dimensions changed, it starts a new generation and
 * is activated again: what is relearned is in the result.
 */
import type { System } from "../pipeline/system.ts";
import { UserError } from "../telemetry/errors.ts";
import { checkColumns } from "./check-columns.ts";
import { checkLinks } from "./check-links.ts";
import { checkSettings, noPlaces } from "./check-settings.ts";
import { configChanges, relearns, type ConfigChange } from "./config-changes.ts";
import { configHash } from "./config-hash.ts";
import { refuseProblems, type ConfigProblem } from "./config-problem.ts";
import type { Detector, DetectorConfig, DetectorStatus } from "./detector.ts";
import { isTransitional, refuseIllegal } from "./lifecycle.ts";
import type { Locate } from "./parse-config.ts";
import { withSource } from "./with-source.ts";

export interface ApplyResult {
  readonly detectorId: string;
  /** its name */
  readonly detector: string;
  readonly action: "created" | "updated" | "unchanged";
  readonly relearns: boolean;
  readonly changes: readonly ConfigChange[];
  /** the status after it, activation included when that was awaited */
  readonly status: DetectorStatus;
  readonly warnings: readonly ConfigProblem[];
}

export interface ApplyOptions {
  /** places in the file, for complaints */
  readonly locate?: Locate;
  /** of the file; passed through to the result */
  readonly warnings?: readonly ConfigProblem[];
  /** Starts crawling and learning; without it the detector stays INACTIVE. */
  readonly activate?: (detectorId: string) => Promise<void>;
  /** asks the source whether the columns are there before anything is stored; default true */
  readonly checkSource?: boolean;
  /** refuse an existing detector instead of changing it; default false */
  readonly createOnly?: boolean;
  readonly signal?: AbortSignal;
  /** who asked, for the audit trail */
  readonly actor?: string;
}

/** Throws UserError (the file), SourceError (the source); then nothing was changed. */
export async function applyDetector(
  config: DetectorConfig,
  system: Pick<System, "store" | "clock" | "secrets" | "connectors" | "channels">,
  { locate = noPlaces, warnings: fileWarnings = [], activate, checkSource = true, createOnly = false, signal, actor = "apply" }: ApplyOptions = {},
): Promise<ApplyResult> {
  const { store, clock } = system;
  refuseProblems(checkSettings(config, system, locate));
  refuseProblems(await checkLinks(config, store, locate));
  const existing = await store.detectors.getByName(config.name);
  if (existing !== null && createOnly) throw duplicate(config, locate);
  const changes = existing === null ? [] : configChanges(existing.config, config);
  const mustRelearn = relearns(changes);
  refuseWhileBusy(existing, changes, mustRelearn);
  await refuseTakenAlertNames(config, system, locate);

  const warnings = [...fileWarnings];
  const isNews = existing === null || changes.length > 0;
  if (isNews && checkSource) {
    const columns = await withSource(config, system, signal, (source, query) => source.describe(query, { timeoutMs: config.limits.querySecondsMax * 1000, ...(signal && { signal }) }));
    const findings = checkColumns(config, columns, locate);
    refuseProblems(findings.problems);
    warnings.push(...findings.warnings);
  }
  signal?.throwIfAborted();

  const detector = await write();
  if (isNews) {
    await store.audit.record({
      atMs: clock.nowMs(),
      actor,
      action: existing === null ? "detector.create" : "detector.update",
      subject: detector.id,
      detail: { name: config.name, configHash: detector.configHash, generation: detector.generation, changes: changes.map(({ field, relearns: relearned }) => ({ field, relearned })) },
    });
  }

  // INACTIVE with a head: somebody deactivated it, and a file that is applied again doesn't undo that.
  const staysOff = detector.status === "INACTIVE" && detector.headMs !== null;
  if (staysOff) warnings.push({ message: `${config.name} was deactivated and stays so`, where: null, advice: `foretop detector activate ${config.name}` });
  const isReady = detector.status === "INACTIVE" || detector.status === "FAILED";
  if (activate !== undefined && isReady && !staysOff) await activate(detector.id);

  const now = (await store.detectors.get(detector.id)) ?? detector;
  return { detectorId: detector.id, detector: config.name, action: existing === null ? "created" : isNews ? "updated" : "unchanged", relearns: mustRelearn, changes, status: now.status, warnings };

  async function write(): Promise<Detector> {
    // Somebody else may create it between our look and this: then the store refuses (DUPLICATE), and nothing was changed.
    if (existing === null) return store.detectors.create(config, configHash(config), clock.nowMs());
    if (changes.length === 0) return existing;
    return store.detectors.update(existing.id, config, configHash(config), { relearn: mustRelearn }, clock.nowMs());
  }
}

function duplicate(config: DetectorConfig, locate: Locate): UserError {
  return new UserError(`there is a detector "${config.name}" already`, { code: "DUPLICATE", where: locate(["name"]), advice: "Choose another name, or apply the file to change the detector." });
}

/** While it is deleted nothing may change; while it is activated nothing that it is just learning by. */
function refuseWhileBusy(existing: Detector | null, changes: readonly ConfigChange[], mustRelearn: boolean): void {
  if (existing === null || changes.length === 0) return;
  if (mustRelearn) refuseIllegal(existing.config.name, existing.status, "relearn");
  else if (isTransitional(existing.status)) {
    throw new UserError(`${existing.config.name} is ${existing.status} and can't be changed now`, { code: "CONFLICT", where: existing.config.name, advice: "Wait until that is done, then apply again." });
  }
}

async function refuseTakenAlertNames(config: DetectorConfig, { store }: Pick<System, "store">, locate: Locate): Promise<void> {
  if (config.alerts.length === 0) return;
  const problems: ConfigProblem[] = [];
  for (const other of await store.detectors.list()) {
    // The same name: itself, or one that somebody created since we looked, which the store will refuse.
    if (other.config.name === config.name) continue;
    for (const [i, alert] of config.alerts.entries()) {
      if (other.config.alerts.some(({ name }) => name === alert.name)) {
        problems.push({ message: `the alert "${alert.name}" belongs to the detector "${other.config.name}" already`, where: locate(["alerts", i, "name"]), advice: "Names of alerts are unique in the installation: choose another one." });
      }
    }
  }
  refuseProblems(problems);
}
