/**
 * What a long command is doing, on stderr: one line a step. On a terminal the line is redrawn with a bar while the
 * step runs; elsewhere (CI, a file) the step's end is one plain line, and a step that takes long says so now and then.
 *
 * @example
 * const step = progress(io).step("crawl history", 4_344);
 * step.update(1_200, "50,400 rows");
 * step.end("182,448 rows, 42 series");
 * // ✔ crawl history  182,448 rows, 42 series  (1.2 s)
 */
import type { CliIo, Output } from "./io.ts";

export interface Progress {
  /** `total` in the unit that `update` counts in; without it there is no bar, only the note. */
  step(name: string, total?: number): ProgressStep;
}

export interface ProgressStep {
  update(done: number, note?: string): void;
  /** The step is done; later calls are ignored. */
  end(summary: string): void;
  /** The step ended badly: the error itself is printed by the CLI. */
  fail(): void;
}

const REDRAW_MS = 80; // smooth enough for eyes, nothing for the terminal
const PLAIN_LINE_MS = 10_000; // how often a log is told that a long step still runs
const BAR_LENGTH = 24;

export function progress(io: Pick<CliIo, "stderr">, nowMs: () => number = () => performance.now()): Progress {
  return { step: (name, total) => openStep(io.stderr, nowMs, name, total ?? null) };
}

/** For `--quiet` and `--json` callers that want no lines at all. */
export const silentProgress: Progress = { step: () => ({ update() {}, end() {}, fail() {} }) };

function openStep(out: Output, nowMs: () => number, name: string, total: number | null): ProgressStep {
  const startedMs = nowMs();
  let drawnMs = out.isTTY ? -Infinity : startedMs;
  let ended = false;

  const draw = (line: string) => out.write(`\r\u001b[2K${clip(line, out.columns)}`);
  const close = (mark: string, plainMark: string, summary: string) => {
    if (ended) return;
    ended = true;
    const seconds = ((nowMs() - startedMs) / 1000).toFixed(1);
    const text = [name, summary].filter((part) => part !== "").join("  ");
    if (out.isTTY) out.write(`\r\u001b[2K${mark} ${text}  (${seconds} s)\n`);
    else out.write(`${plainMark}${text}  (${seconds} s)\n`);
  };

  if (out.isTTY) draw(`· ${name}`);
  return {
    update(done, note = "") {
      const t = nowMs();
      if (ended || t - drawnMs < (out.isTTY ? REDRAW_MS : PLAIN_LINE_MS)) return;
      drawnMs = t;
      if (out.isTTY) draw([`· ${name}`, barOf(done, total), note].filter((part) => part !== "").join("  "));
      else out.write(`${[`… ${name}`, shareOf(done, total), note].filter((part) => part !== "").join("  ")}\n`);
    },
    end: (summary) => close("✔", "", summary),
    fail: () => close("✖", "failed: ", ""),
  };
}

function barOf(done: number, total: number | null): string {
  if (total === null || !(total > 0)) return "";
  const share = Math.min(1, Math.max(0, done / total));
  const full = Math.round(share * BAR_LENGTH);
  return `${"█".repeat(full)}${"░".repeat(BAR_LENGTH - full)} ${Math.floor(share * 100)} %`;
}

function shareOf(done: number, total: number | null): string {
  if (total === null || !(total > 0)) return "";
  return `${Math.floor(Math.min(1, Math.max(0, done / total)) * 100)} %`;
}

/** A line longer than the terminal would wrap, and redrawing would leave its first part behind. */
function clip(line: string, columns: number | null): string {
  if (columns === null || line.length < columns) return line;
  return `${line.slice(0, Math.max(0, columns - 2))}…`;
}
