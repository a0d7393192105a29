/**
 * `serve --watch DIR`: a configuration that is put into the folder (or a folder in it) is applied, as the upload to the
 * original connector's bucket was; the result is written beside it as `<file>.result.json`.
 *
 * Looked at again and again rather than by the system's notifications, which network file systems don't send. A file
 * counts when two looks in a row found the same bytes in it and in the query files it names, so that a copy in progress
 * is left alone. What was applied is known by its content: the result file carries the hash, so that neither a touch
 * nor a restart applies it twice.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync, type Dirent } from "node:fs";
import { basename, dirname, join, posix, relative, sep } from "node:path";
import type { App, ConfigFiles } from "../api/app.ts";
import type { System } from "../pipeline/system.ts";
import { parseConfigFile } from "../resources/parse-config.ts";
import { readFileFromDisk } from "../resources/read-file.ts";
import { adviceOf, describeError, SourceError, UserError } from "../telemetry/errors.ts";

export const LOOK_MS = 1_000;
/** A source that was down when a file came is asked again so often. */
export const RETRY_MS = 300_000;
export const WATCHED_FILES_MAX = 1_000;
const RESULT_SUFFIX = ".result.json";

export interface WatchResult {
  readonly file: string;
  /** SHA-256 of the file and the query files it names */
  readonly contentHash: string;
  readonly at: string;
  readonly outcome: "applied" | "refused" | "failed";
  readonly detector: string | null;
  readonly detectorId: string | null;
  readonly action: "created" | "updated" | "unchanged" | null;
  readonly relearns: boolean | null;
  /** the detector's status; follows the activation until it is over */
  readonly status: string | null;
  readonly failureReason: string | null;
  readonly warnings: readonly { readonly message: string; readonly where: string | null; readonly advice: string | null }[];
  readonly error: { readonly code: string; readonly message: string; readonly where: string | null; readonly advice: string | null } | null;
  /** trying the same content again may help: the source was not reachable */
  readonly transient: boolean;
}

export interface WatchOptions {
  readonly lookMs?: number;
  readonly retryMs?: number;
}

export type WatchSystem = Pick<System, "clock" | "log"> & { readonly store: { readonly detectors: Pick<System["store"]["detectors"], "get"> } };

/** Resolves when aborted; never rejects: whatever goes wrong with one file is in its result and in the log. */
export async function watchFolder(folder: string, app: Pick<App, "apply">, system: WatchSystem, signal: AbortSignal, { lookMs = LOOK_MS, retryMs = RETRY_MS }: WatchOptions = {}): Promise<void> {
  const watcher = new FolderWatcher(folder, app, system, retryMs);
  while (!signal.aborted) {
    await watcher.look(signal);
    await pause(lookMs, signal);
  }
}

/** What is remembered of a file between two looks. */
interface Seen {
  readonly contentHash: string;
  readonly result: WatchResult | null;
  /** epoch ms of the try that gave the result */
  readonly triedMs: number;
}

export class FolderWatcher {
  readonly #folder: string;
  readonly #app: Pick<App, "apply">;
  readonly #system: WatchSystem;
  readonly #retryMs: number;
  readonly #seen = new Map<string, Seen>();
  #complaint: string | null = null;

  constructor(folder: string, app: Pick<App, "apply">, system: WatchSystem, retryMs: number) {
    this.#folder = folder;
    this.#app = app;
    this.#system = system;
    this.#retryMs = retryMs;
  }

  /** One look at the folder: applies what has settled and is new. */
  async look(signal?: AbortSignal): Promise<void> {
    let paths: string[];
    try {
      paths = configurationsIn(this.#folder);
      this.#complaint = null;
    } catch (error) {
      // Once, not every second: the folder may be mounted later.
      const message = describeError(error);
      if (message !== this.#complaint) this.#system.log.warn({ folder: this.#folder }, `the watched folder can't be read: ${message}`);
      this.#complaint = message;
      return;
    }
    for (const path of this.#seen.keys()) if (!paths.includes(path)) this.#seen.delete(path);
    for (const path of paths) {
      if (signal?.aborted === true) return;
      try {
        await this.#lookAt(path);
      } catch (error) {
        this.#system.log.error({ file: path, error: describeError(error) }, "a watched file could not be handled");
      }
    }
  }

  async #lookAt(path: string): Promise<void> {
    const content = readContent(path);
    const nowMs = this.#system.clock.nowMs();
    const before = this.#seen.get(path);
    if (before === undefined || before.contentHash !== content.hash) {
      const known = readResult(path);
      const isDone = known !== null && known.contentHash === content.hash;
      this.#seen.set(path, { contentHash: content.hash, result: isDone ? known : null, triedMs: isDone ? nowMs : 0 });
      return; // the same bytes again at the next look: then it has settled
    }
    if (before.result !== null && !(before.result.transient && nowMs - before.triedMs >= this.#retryMs)) return this.#follow(path, before);
    const result = await this.#apply(path, content);
    // Remembered first: in a folder that can't be written the file must not be applied again at every look.
    this.#seen.set(path, { contentHash: content.hash, result, triedMs: nowMs });
    writeResult(path, result);
    const facts = { file: path, outcome: result.outcome, detector: result.detector, action: result.action };
    if (result.error === null) this.#system.log.info(facts, `${basename(path)} is applied`);
    else this.#system.log.warn({ ...facts, where: result.error.where, advice: result.error.advice }, `${basename(path)} is not applied: ${result.error.message}`);
  }

  async #apply(path: string, { hash, files, error }: Content): Promise<WatchResult> {
    const base = { file: basename(path), at: new Date(this.#system.clock.nowMs()).toISOString() };
    const rest = { warnings: [], failureReason: null, contentHash: hash };
    try {
      if (error !== null) throw error;
      const { detector, detectorId, action, relearns, status, warnings } = await this.#app.apply(files, { activate: true });
      return { ...base, outcome: "applied", detector, detectorId, action, relearns, status, error: null, transient: false, ...rest, warnings };
    } catch (caught) {
      const code = caught instanceof UserError || caught instanceof SourceError ? caught.code : "INTERNAL";
      const where = caught instanceof UserError ? caught.where : null;
      return {
        ...base,
        outcome: caught instanceof UserError ? "refused" : "failed",
        detector: null,
        detectorId: null,
        action: null,
        relearns: null,
        status: null,
        error: { code, message: describeError(caught), where, advice: adviceOf(caught) },
        // A conflict passes (the detector is just being activated), and so may what the world does.
        transient: !(caught instanceof UserError && code !== "CONFLICT") && !(caught instanceof SourceError && !caught.transient),
        ...rest,
      };
    }
  }

  /** The activation goes on after apply; its end belongs into the result, too. */
  async #follow(path: string, seen: Seen): Promise<void> {
    const { result } = seen;
    if (result === null || result.detectorId === null || result.status !== "ACTIVATING") return;
    const detector = await this.#system.store.detectors.get(result.detectorId);
    const status = detector?.status ?? "deleted";
    if (status === result.status) return;
    const followed: WatchResult = { ...result, status, failureReason: detector?.failureReason ?? null };
    this.#seen.set(path, { ...seen, result: followed });
    writeResult(path, followed);
  }
}

/** Exactly `params.json` and `*.yaml`, in the folder and the folders in it: no backups, no hidden files, no results. */
export function configurationsIn(folder: string): string[] {
  const paths: string[] = [];
  const take = (place: string, entries: readonly Dirent[]) => {
    for (const { name } of entries.filter((entry) => entry.isFile())) {
      if (name === "params.json" || /^[^.].*\.ya?ml$/.test(name)) paths.push(join(place, name));
    }
  };
  const entries = readdirSync(folder, { withFileTypes: true });
  take(folder, entries);
  for (const { name } of entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))) {
    take(join(folder, name), readdirSync(join(folder, name), { withFileTypes: true }));
  }
  return paths.sort().slice(0, WATCHED_FILES_MAX);
}

interface Content {
  readonly hash: string;
  readonly files: ConfigFiles;
  /** what is wrong with the file itself */
  readonly error: unknown;
}

/** The configuration with every file that it names; files that are looked for and missing are part of the content. */
function readContent(path: string): Content {
  const folder = dirname(path);
  const texts = new Map<string, string | null>();
  let error: unknown = null;
  try {
    parseConfigFile(basename(path), (name) => {
      const text = readFileFromDisk(join(folder, name));
      texts.set(posix.normalize(relative(".", name).split(sep).join("/")), text);
      return text;
    });
  } catch (caught) {
    error = caught;
  }
  const entries = [...texts].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    hash: createHash("sha256").update(JSON.stringify([entries, error === null ? null : describeError(error)])).digest("hex"),
    files: { entry: basename(path), files: Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null)) },
    error,
  };
}

function readResult(path: string): WatchResult | null {
  try {
    if (statSync(`${path}${RESULT_SUFFIX}`).size > 1_000_000) return null;
    const value: unknown = JSON.parse(readFileSync(`${path}${RESULT_SUFFIX}`, "utf8"));
    const isResult = typeof value === "object" && value !== null && typeof (value as { contentHash?: unknown }).contentHash === "string";
    return isResult ? (value as WatchResult) : null; // written by writeResult; of a foreign file only the hash matters, and it won't match
  } catch {
    return null; // none yet, or cut short: the file is applied again, which is a no-op when nothing changed
  }
}

/** Beside and renamed: a reader sees the old result or the new one. */
function writeResult(path: string, result: WatchResult): void {
  const beside = join(dirname(path), `.${basename(path)}${RESULT_SUFFIX}.new`);
  try {
    writeFileSync(beside, `${JSON.stringify(result, null, 2)}\n`);
    renameSync(beside, `${path}${RESULT_SUFFIX}`);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
