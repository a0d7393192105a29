/** status, space: how the installation is doing, in one screen; what it stores */
import type { Command } from "commander";
import type { OutputOf } from "../../api/operations/index.ts";
import type { RunCommand } from "../cli.ts";
import type { CommandContext } from "../commands.ts";
import { EXIT } from "../exit-code.ts";
import { bytesText, facts, table } from "../table.ts";
import { durationText, timeText } from "../time-text.ts";

export function addStatusCommands(program: Command, run: RunCommand): void {
  program
    .command("status")
    .description("How the installation is doing, in one screen: what is wrong, lag, last commit, queue, failures, disk. Exit code 1 when something is wrong.")
    .addHelpText("after", "\nExample:\n  foretop status")
    .action((_options: object, command: Command) =>
      run(command, async (context) => {
        const status = await (await context.client()).call("getStatus", {});
        context.print(status, () => statusText(status, context));
        return status.findings.length > 0 || status.notReady.length > 0 || status.undeliveredCount > 0 ? EXIT.failed : EXIT.ok;
      }),
    );

  program
    .command("space")
    .description("What is stored, in bytes by kind, and what it will be in a year.")
    .addHelpText("after", "\nExample:\n  foretop space --json")
    .action((_options: object, command: Command) =>
      run(command, async (context) => {
        const space = await (await context.client()).call("getSpace", {});
        context.print(space, () => spaceText(space, context));
      }),
    );
}

function statusText(status: OutputOf<"getStatus">, { io }: CommandContext): string {
  const { columns } = io.stdout;
  const rows = status.detectorList.map((one) => [
    one.name,
    one.muted ? `${one.status}, muted` : one.status,
    timeText(one.head, io.zone),
    timeText(one.lastCommit, io.zone),
    one.dueIntervals === 0 ? null : `${durationText(one.lagSeconds)} (${one.dueIntervals} due)`,
    one.lastFailure ?? "",
  ]);
  const { findings, disk } = status;
  return [
    facts([
      ["version", `${status.version}, running since ${timeText(status.started, io.zone)} (${io.zone})`],
      ["ready", status.notReady.length === 0 ? "yes" : `no: ${status.notReady.join(", ")}`],
      ["last commit", timeText(status.lastCommit, io.zone)],
      ["lag", status.lagSecondsMax === 0 ? "none" : durationText(status.lagSecondsMax)],
      ["queue", `${status.queued} jobs waiting`],
      ["open groups", status.openGroupCount],
      ["not delivered", status.undeliveredCount === 0 ? "none" : `${status.undeliveredCount}; see foretop delivery list --status failed`],
      ["disk", disk === null ? null : `${bytesText(disk.freeBytes)} free of ${bytesText(disk.totalBytes)}`],
    ]),
    findings.length === 0 ? "\nNothing is wrong with the detectors.\n" : `\n${table([["WRONG", "SINCE", "WHAT"], ...findings.map(({ detector, since, message }) => [detector, timeText(since, io.zone), message])], { columns: null })}`,
    rows.length === 0 ? "" : `\n${table([["DETECTOR", "STATUS", "JUDGED UNTIL", "LAST COMMIT", "LAG", "LAST FAILURE"], ...rows], { columns })}`,
  ].join("");
}

function spaceText({ detectors, database, total, inAYear, disk }: OutputOf<"getSpace">, { io }: CommandContext): string {
  const rows = detectors.map((one) => [one.detector, one.intervals, bytesText(one.history), bytesText(one.scored), bytesText(one.plain), bytesText(one.checkpoints), bytesText(one.total), one.inAYear === null ? null : bytesText(one.inAYear)]);
  return [
    rows.length === 0 ? "No detectors yet.\n" : table([["DETECTOR", "INTERVALS", "HISTORY", "POINTS", "WITHOUT SCORES", "STATES", "FILES", "IN A YEAR"], ...rows], { columns: io.stdout.columns }),
    "\n",
    facts([
      ...Object.entries(database).map(([kind, each]) => [`database: ${kind}`, bytesText(each)] as const),
      ["all", bytesText(total)],
      ["in a year", inAYear === null ? null : bytesText(inAYear)],
      ["disk", disk === null ? null : `${bytesText(disk.freeBytes)} free of ${bytesText(disk.totalBytes)}`],
    ]),
  ].join("");
}
