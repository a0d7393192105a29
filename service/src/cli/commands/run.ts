/** The commands that run for long: demo, serve, backtest. */
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { Option, type Command } from "commander";
import { splitS3Path } from "../../aws/split-s3-path.ts";
import { UserError } from "../../telemetry/errors.ts";
import type { RunCommand } from "../cli.ts";
import type { CliCommands } from "../commands.ts";

const SEED_MAX = 2 ** 31 - 1;

export function addRunCommands(program: Command, commands: CliCommands, run: RunCommand): void {
  program
    .command("demo")
    .description("A shop's warehouse with planted incidents, watched: everything from an empty folder to what was found.")
    .option("--once", "end after the replay of fixed days instead of going on live")
    .option("--seed <number>", "another shop", "7")
    .option("--reset", "start over")
    .addOption(portOption())
    .addHelpText("after", "\nExample:\n  foretop demo --once --json --seed 7")
    .action((options: { once?: boolean; seed: string; reset?: boolean }, command: Command) =>
      run(command, (context) => {
        const seed = wholeNumber(options.seed, "--seed", { min: 0, max: SEED_MAX });
        return commands.demo({ seed, once: options.once === true, reset: options.reset === true }, context);
      }),
    );

  program
    .command("serve")
    .description("Watches every active detector: crawls, judges, alerts, and answers the API and the page.")
    .addOption(portOption())
    .option("--host <address>", "address to listen on; this machine only")
    .option("--threads <count>", "threads that learn history")
    .addOption(new Option("--log-level <level>", "debug, info, warn, error, silent"))
    .option("--watch <folder>", "apply every params.json and *.yaml that is put into this folder, or every params.json below this s3://bucket/prefix/")
    .addHelpText("after", "\nExample:\n  foretop serve --watch /srv/detectors")
    .action((options: { watch?: string }, command: Command) =>
      run(command, (context) => commands.serve({ watchFolder: options.watch === undefined ? null : watchedFolder(options.watch, context.io.cwd) }, context)),
    );

  program
    .command("backtest")
    .argument("<file>", "a foretop.yaml or params.json, or the folder that holds one")
    .description("What would have been found, and told, in the past: the live pipeline over history. Stores nothing that stays.")
    .option("--intervals <count>", "how many of the last intervals are judged; the ones before are learned from")
    .option("--until <instant>", "end of the last interval, e.g. 2026-03-01T00:00:00Z; default now")
    .addHelpText("after", "\nExample:\n  foretop backtest foretop.yaml --intervals 336")
    .action((file: string, options: { intervals?: string; until?: string }, command: Command) =>
      run(command, (context) =>
        commands.backtest(
          {
            file,
            intervals: options.intervals === undefined ? null : wholeNumber(options.intervals, "--intervals", { min: 1, max: 100_000 }),
            untilMs: options.until === undefined ? null : instantMs(options.until, "--until"),
          },
          context,
        ),
      ),
    );
}

function watchedFolder(given: string, cwd: string): string {
  if (given.startsWith("s3://")) {
    splitS3Path(given); // throws where it isn't one
    return given;
  }
  const folder = resolve(cwd, given);
  if (existsSync(folder) && statSync(folder).isDirectory()) return folder;
  throw new UserError(`there is no folder ${given}`, { code: "NOT_FOUND", where: "--watch", advice: "Create it first; a mistyped name would be watched in vain." });
}

function portOption(): Option {
  return new Option("--port <number>", "port to listen on; 0 = any free one");
}

export function wholeNumber(text: string, flag: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UserError(`${flag} should be a whole number from ${min} to ${max}, not "${text}"`, { where: flag });
}

export function instantMs(text: string, flag: string): number {
  const isInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  const ms = isInstant ? Date.parse(text) : NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new UserError(`${flag} should be an instant, not "${text}"`, { where: flag, advice: "Write it like 2026-03-01T10:00:00Z, or with an offset: 2026-03-01T11:00:00+01:00." });
}
