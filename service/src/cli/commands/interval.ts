/** interval list, show, rerun: the detector log */
import type { Command } from "commander";
import type { OutputOf } from "../../api/operations/index.ts";
import type { RunCommand } from "../cli.ts";
import type { CommandContext } from "../commands.ts";
import { EXIT } from "../exit-code.ts";
import { facts, table } from "../table.ts";
import { timeText } from "../time-text.ts";
import { AS_OF, asOfField } from "./as-of.ts";
import { instantMs, wholeNumber } from "./run.ts";

const NAME = "the detector's name or id";
const START = "the interval's start, e.g. 2026-03-01T10:00:00Z";

export function addIntervalCommands(program: Command, run: RunCommand): void {
  const interval = program.command("interval").description("What became of each interval: list, show, rerun, backfill.");

  interval
    .command("list")
    .argument("<detector>", NAME)
    .description("The detector log, newest first.")
    .option("--from <instant>", "from here …")
    .option("--to <instant>", "… to here")
    .option("--as-of <instant>", AS_OF)
    .option("--limit <count>", "at most so many", "50")
    .option("--cursor <text>", "the next page, as the last one said")
    .addHelpText("after", "\nExample:\n  foretop interval list orders --limit 24")
    .action((detector: string, flags: { from?: string; to?: string; asOf?: string; limit: string; cursor?: string }, command: Command) =>
      run(command, async (context) => {
        const list = await (await context.client()).call("listIntervals", {
          detector,
          ...(flags.from !== undefined && { from: instantOf(flags.from, "--from") }),
          ...(flags.to !== undefined && { to: instantOf(flags.to, "--to") }),
          ...asOfField(flags),
          ...(flags.cursor !== undefined && { cursor: flags.cursor }),
          limit: wholeNumber(flags.limit, "--limit", { min: 1, max: 500 }),
        });
        context.print(list, () => listText(list, context));
      }),
    );

  interval
    .command("show")
    .argument("<detector>", NAME)
    .argument("<start>", START)
    .description("One interval: what came of it, its data quality, every reading of it.")
    .option("--as-of <instant>", AS_OF)
    .addHelpText("after", "\nExample:\n  foretop interval show orders 2026-03-01T10:00:00Z --as-of 2026-03-01T11:30:00Z")
    .action((detector: string, start: string, flags: { asOf?: string }, command: Command) =>
      run(command, async (context) => {
        const found = await (await context.client()).call("getInterval", { detector, start: instantOf(start, "start"), ...asOfField(flags) });
        context.print(found, () => showText(found, context));
      }),
    );

  interval
    .command("rerun")
    .argument("<detector>", NAME)
    .argument("<start>", START)
    .description("Reads and judges a past interval again; the result is a new version beside the old.")
    .addHelpText("after", "\nExample:\n  foretop interval rerun orders 2026-03-01T10:00:00Z")
    .action((detector: string, start: string, _options: object, command: Command) =>
      run(command, async (context) => {
        const result = await (await context.client()).call("rerunInterval", { detector, start: instantOf(start, "start") });
        context.print(result, () => `${timeText(result.start, context.io.zone)} is ${result.status}, version ${result.version}: ${result.rows?.processed ?? 0} rows, ${result.anomalyCount} anomalies${result.message === null ? "" : `; ${result.message}`}\n`);
        return result.status === "FAILED" ? EXIT.source : EXIT.ok;
      }),
    );

  interval
    .command("backfill")
    .argument("<detector>", NAME)
    .argument("<from>", "start of the range, e.g. 2026-03-01T00:00:00Z")
    .argument("<to>", "its end")
    .description("Reads past intervals again, however old: late, corrected and deleted rows are judged anew. Unchanged ones change nothing.")
    .addHelpText("after", "\nExample:\n  foretop interval backfill orders 2026-03-01T00:00:00Z 2026-03-02T00:00:00Z")
    .action((detector: string, from: string, to: string, _options: object, command: Command) =>
      run(command, async (context) => {
        const result = await (await context.client()).call("backfill", { detector, from: instantOf(from, "from"), to: instantOf(to, "to") });
        context.print(result, () => backfillText(result));
      }),
    );
}

function backfillText({ intervalsRead, intervalsChanged, groupsChanged, groupsRetracted, reason }: OutputOf<"backfill">): string {
  if (intervalsChanged === 0) return `${intervalsRead} intervals read again: nothing has changed\n`;
  return `${intervalsRead} intervals read again: ${reason ?? "rows changed"}; ${intervalsChanged} intervals judged anew, ${groupsChanged} groups revised, ${groupsRetracted} retracted\n`;
}

function instantOf(text: string, where: string): string {
  return new Date(instantMs(text, where)).toISOString();
}

function listText({ intervals, nextCursor }: OutputOf<"listIntervals">, { io }: CommandContext): string {
  if (intervals.length === 0) return "No intervals yet.\n";
  const rows = intervals.map((one) => [timeText(one.start, io.zone), one.status, one.version, one.rows?.processed ?? null, one.seriesCount, one.anomalyCount, one.heldBackCount, one.message ?? ""]);
  const more = nextCursor === null ? "" : `\nmore with --cursor ${nextCursor}\n`;
  return table([[`START (${io.zone})`, "STATUS", "VERSION", "ROWS", "SERIES", "ANOMALIES", "HELD BACK", "MESSAGE"], ...rows], { columns: io.stdout.columns }) + more;
}

function showText(one: OutputOf<"getInterval">, { io }: CommandContext): string {
  const columns = io.stdout.columns;
  const reasons = Object.entries(one.rows?.reasons ?? {}).map(([reason, count]) => `${reason}: ${count}`);
  return [
    facts([
      ["interval", `${timeText(one.start, io.zone)} to ${timeText(one.end, io.zone)} (${io.zone})`],
      ["status", one.status],
      ["message", one.message],
      ["version", `${one.version}, known since ${timeText(one.knownAt, io.zone)}`],
      ["rows", one.rows === null ? null : `${one.rows.processed} read, ${one.rows.invalid} invalid, ${one.rows.partial} partly used, ${one.rows.outside} outside the interval`],
      ["reasons", reasons.join(", ")],
      ["series", one.seriesCount],
      ["anomalies", `${one.anomalyCount}, ${one.heldBackCount} held back`],
      ["asked", `${one.asked.readings} statements that read it, ${one.asked.checks} that checked for changes`],
    ]),
    one.quality.length === 0 ? "" : `\n${table([["QUALITY", "COLUMN", "VALUE"], ...one.quality.map(({ type, column, value }) => [type, column, value])], { columns })}`,
    "\n",
    table(
      [
        ["ATTEMPT", "PURPOSE", "OUTCOME", "ROWS", "MS", "STARTED", "ERROR"],
        ...one.attempts.map((each) => [each.attempt, each.purpose, each.outcome, each.rows, each.milliseconds, timeText(each.started, io.zone), each.error ?? ""]),
      ],
      { columns },
    ),
  ].join("");
}
