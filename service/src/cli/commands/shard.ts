/** shard split, shard run, reduce, worker: one interval on several processes or machines (docs/operate/shards.md) */
import { resolve } from "node:path";
import type { Command } from "commander";
import { queueShards, waitForShards, workOnShards } from "../../jobs/shard-queue.ts";
import { reduceShards } from "../../shards/reduce-shards.ts";
import { runShard } from "../../shards/run-shard.ts";
import { splitInterval } from "../../shards/split-interval.ts";
import { intervalFile, readShardFile, type IntervalHeader } from "../../shards/work-folder.ts";
import { UserError } from "../../telemetry/errors.ts";
import type { RunCommand } from "../cli.ts";
import type { CliCommands } from "../commands.ts";
import { wholeNumber } from "./run.ts";

/** Longer than that a shard is not running: nobody works. */
const WAIT_SECONDS_MAX = 3600;

export function addShardCommands(program: Command, commands: CliCommands, run: RunCommand): void {
  const shard = program.command("shard").description("One interval on several processes or machines.");

  shard
    .command("split")
    .argument("<detector>", "its name")
    .requiredOption("--shards <count>", "how many processes share the work")
    .requiredOption("--work <folder>", "where the steps meet; all machines see it")
    .option("--queue", "also queue the shards for `foretop worker`")
    .description("Reads the next due interval, once, and deals its series to shards.")
    .addHelpText("after", "\nExample:\n  foretop shard split orders --shards 7 --work /shared/work --json")
    .action((name: string, options: { shards: string; work: string; queue?: boolean }, command: Command) =>
      run(command, async (context) => {
        const shardCount = wholeNumber(options.shards, "--shards", { min: 1, max: 1024 });
        await using open = await commands.openSystem(context);
        const detector = await open.system.store.detectors.getByName(name);
        if (detector === null) throw new UserError(`there is no detector "${name}"`, { code: "NOT_FOUND", advice: "foretop detector list shows them." });
        const split = await splitInterval(detector, open.system, { shardCount, workFolder: resolve(context.io.cwd, options.work), signal: context.signal });
        if (split.folder !== null && options.queue === true) await queueShards(split.folder, shardCount, open);
        context.print(split, () => (split.folder === null ? "nothing is due\n" : `${split.folder}\n`));
      }),
    );

  shard
    .command("run")
    .argument("<folder>", "as split has printed it")
    .requiredOption("--shard <number>", "from 0")
    .description("Judges and learns the series of one shard. Anywhere, in any order, again after a crash.")
    .addHelpText("after", "\nExample:\n  foretop shard run /shared/work/orders_2026-03-01T10-00_1 --shard 3")
    .action((folder: string, options: { shard: string }, command: Command) =>
      run(command, async (context) => {
        const path = resolve(context.io.cwd, folder);
        const number = wholeNumber(options.shard, "--shard", { min: 0, max: 1023 });
        const { header } = await readShardFile<IntervalHeader>(path, intervalFile);
        await using open = await commands.openSystem(context);
        const report = await runShard(path, { shard: number, shardCount: header.shardCount }, open.system);
        context.print(report, () => `shard ${report.shard}: ${report.series} series\n`);
      }),
    );

  program
    .command("reduce")
    .argument("<folder>", "as split has printed it")
    .option("--wait <seconds>", "wait for shards that have not run", "0")
    .description("Puts the shards of an interval together: judges the totals, groups, explains, commits.")
    .addHelpText("after", "\nExample:\n  foretop reduce /shared/work/orders_2026-03-01T10-00_1 --wait 600")
    .action((folder: string, options: { wait: string }, command: Command) =>
      run(command, async (context) => {
        const path = resolve(context.io.cwd, folder);
        const secondsMax = wholeNumber(options.wait, "--wait", { min: 0, max: WAIT_SECONDS_MAX });
        await using open = await commands.openSystem(context);
        if (secondsMax > 0) {
          const { header } = await readShardFile<IntervalHeader>(path, intervalFile);
          await waitForShards(path, header.shardCount, { secondsMax, signal: context.signal, sleep: (ms, signal) => open.system.clock.sleep(ms, signal) });
        }
        const record = await reduceShards(path, open.system);
        context.print(record, () => `${new Date(record.interval.startMs).toISOString()}: ${record.seriesCount} series, ${record.anomalyCount} anomalies\n`);
      }),
    );

  program
    .command("worker")
    .description("Takes shards from the queue until it is stopped. Start as many as there are machines; one that dies is replaced by another.")
    .addHelpText("after", "\nExample:\n  foretop worker --home /shared/foretop")
    .action((_options: object, command: Command) =>
      run(command, async (context) => {
        await using open = await commands.openSystem(context);
        context.remark("takes shards");
        await workOnShards(open.system, { ...open, signal: context.signal, onShard: ({ folder, shard: number, series }) => context.remark(`${folder} shard ${number}: ${series} series`) });
      }),
    );
}
