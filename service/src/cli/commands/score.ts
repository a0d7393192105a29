/** score: the engine on a file of one's own; needs no source and no store. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { UserError } from "../../telemetry/errors.ts";
import type { RunCommand } from "../cli.ts";
import { scoreCommand } from "../score/score.ts";

interface ScoreFlags {
  readonly seriesColumn?: string;
  readonly timestampColumn?: string;
  readonly valueColumn?: string;
  readonly intervalColumn?: string;
  readonly learnUntil?: string;
  readonly learnShare?: string;
  readonly zone?: string;
}

export function addScoreCommand(program: Command, run: RunCommand): void {
  program
    .command("score")
    .argument("<file>", "a CSV file with a header (also gzipped), or - for stdin")
    .description("Judges every point of a CSV file in time order, as a live detector would; one line out for each line in.")
    .option("--series-column <name>", "names the series of a row; default series")
    .option("--timestamp-column <name>", "default timestamp")
    .option("--value-column <name>", "default value")
    .option("--interval-column <name>", "seconds between two points of the series; default: found out")
    .option("--learn-until <instant>", "points before it are only learned from")
    .option("--learn-share <share>", "this share of each series is only learned from, 0 to 1")
    .option("--zone <zone>", "IANA zone whose days and weeks the data follows; default UTC")
    .addHelpText("after", "\nExample:\n  foretop score views.csv --learn-share 0.5 > judged.csv")
    .action((file: string, flags: ScoreFlags, command: Command) =>
      run(command, async ({ io, json }) => {
        const { learnShare, ...rest } = flags;
        await scoreCommand({ ...rest, json, file: file === "-" ? file : resolve(io.cwd, file), ...(learnShare !== undefined && { learnShare: shareOf(learnShare) }) }, io);
      }),
    );
}

function shareOf(text: string): number {
  const share = Number(text);
  if (text.trim() !== "" && share >= 0 && share <= 1) return share;
  throw new UserError(`--learn-share should be a number from 0 to 1, not "${text}"`, { where: "--learn-share" });
}
