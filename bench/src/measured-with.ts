/** What every result is kept with: the commit and the machine that it was measured on. */
import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";

export interface MeasuredWith {
  /** short hash; `unknown` outside a repository */
  readonly commit: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryGiB: number; readonly node: string };
}

export function measuredWith(): MeasuredWith {
  return {
    commit: commitOf(),
    machine: { cpu: cpus()[0]!.model, cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version },
  };
}

function commitOf(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
