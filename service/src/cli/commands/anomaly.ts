/** anomaly list, show: the groups that were found */
import type { Command } from "commander";
import type { OutputOf } from "../../api/operations/index.ts";
import type { RunCommand } from "../cli.ts";
import type { CommandContext } from "../commands.ts";
import { facts, table } from "../table.ts";
import { timeText } from "../time-text.ts";
import { instantMs, wholeNumber } from "./run.ts";

interface ListFlags {
  readonly detector?: string;
  readonly severityMin: string;
  readonly measure?: string;
  readonly from?: string;
  readonly to?: string;
  readonly status?: string;
  readonly limit: string;
  readonly cursor?: string;
}

export function addAnomalyCommands(program: Command, run: RunCommand): void {
  const anomaly = program.command("anomaly").description("What was found: list, show.");

  anomaly
    .command("list")
    .description("Anomaly groups, newest first.")
    .option("--detector <name>", "of this detector only")
    .option("--severity-min <number>", "of this severity or more, 0 to 100", "0")
    .option("--measure <name>", "of this measure only")
    .option("--from <instant>", "groups that overlap the time from here …, e.g. 2026-03-01T00:00:00Z")
    .option("--to <instant>", "… to here")
    .option("--status <status>", "open or closed")
    .option("--limit <count>", "at most so many", "50")
    .option("--cursor <text>", "the next page, as the last one said")
    .addHelpText("after", "\nExample:\n  foretop anomaly list --detector orders --severity-min 80")
    .action((flags: ListFlags, command: Command) =>
      run(command, async (context) => {
        const { detector, measure, status, cursor } = flags;
        const list = await (await context.client()).call("listGroups", {
          ...(detector !== undefined && { detector }),
          ...(measure !== undefined && { measure }),
          ...(status !== undefined && { status: status as "open" | "closed" }), // the operation refuses what is neither
          ...(cursor !== undefined && { cursor }),
          ...(flags.from !== undefined && { from: new Date(instantMs(flags.from, "--from")).toISOString() }),
          ...(flags.to !== undefined && { to: new Date(instantMs(flags.to, "--to")).toISOString() }),
          severityMin: wholeNumber(flags.severityMin, "--severity-min", { min: 0, max: 100 }),
          limit: wholeNumber(flags.limit, "--limit", { min: 1, max: 500 }),
        });
        context.print(list, () => listText(list, context));
      }),
    );

  anomaly
    .command("show")
    .argument("<group>", "the group's id")
    .description("One group in full: its series, the values that did it, the SQL behind it, who was told.")
    .addHelpText("after", "\nExample:\n  foretop anomaly show 4f1c2a80-0b5e-4d0a-9a51-6f0e7c1d2b3a")
    .action((group: string, _options: object, command: Command) =>
      run(command, async (context) => {
        const found = await (await context.client()).call("getGroup", { group });
        context.print(found, () => showText(found, context));
      }),
    );
}

function listText({ groups, statistics, nextCursor }: OutputOf<"listGroups">, { io }: CommandContext): string {
  if (groups.length === 0) return "No anomaly groups.\n";
  const rows = groups.map((one) => [
    Math.round(one.severity),
    one.measure,
    one.kind,
    timeText(one.start, io.zone),
    one.status === "open" ? "open" : timeText(one.end, io.zone),
    one.actual,
    one.expected,
    one.segments.map(segmentText).join("; "),
    one.detector,
    one.id,
  ]);
  const more = nextCursor === null ? "" : `\n${groups.length} of ${statistics.total}; more with --cursor ${nextCursor}\n`;
  return table([["SEVERITY", "MEASURE", "KIND", `SINCE (${io.zone})`, "UNTIL", "ACTUAL", "EXPECTED", "WHERE", "DETECTOR", "ID"], ...rows], { columns: io.stdout.columns }) + more;
}

export function segmentText(segment: Readonly<Record<string, string | null>>): string {
  const parts = Object.entries(segment).map(([dimension, value]) => `${dimension}=${value ?? "(null)"}`);
  return parts.length === 0 ? "everything" : parts.join(" ");
}

function showText(one: OutputOf<"getGroup">, { io }: CommandContext): string {
  const columns = io.stdout.columns;
  const lines = [
    `${one.headline}\n\n`,
    facts([
      ["detector", one.detector],
      ["measure", one.measure],
      ["severity", Math.round(one.severity)],
      ["kind", `${one.kind}, ${one.direction}`],
      ["status", one.status],
      ["since", `${timeText(one.start, io.zone)} until ${timeText(one.end, io.zone)} (${io.zone})`],
      ["actual", one.actual],
      ["expected", one.expected],
      ["band", one.lower === null || one.upper === null ? null : `${one.lower.toPrecision(6)} to ${one.upper.toPrecision(6)}`],
      ["where", one.segments.map(segmentText).join("; ")],
      ["revision", one.revision],
    ]),
    "\n",
    table(
      [
        ["SERIES", "SEVERITY", "KIND", "ACTUAL", "EXPECTED", "INTERVALS"],
        ...one.members.map((member) => [member.name, Math.round(member.severity), member.kind, member.actual, member.expected, member.intervalCount]),
      ],
      { columns },
    ),
  ];
  for (const { dimension, values } of one.contributions) {
    lines.push("\n", table([[dimension.toUpperCase(), "SHARE %", "ACTUAL", "EXPECTED"], ...values.map(({ value, score, actual, expected }) => [value ?? "(null)", Math.round(score * 10) / 10, actual, expected])], { columns }));
  }
  lines.push(`\n-- the SQL behind it\n${one.evidence.shown.trimEnd()}\n`);
  if (one.deliveries.length > 0) {
    lines.push("\n", table([["ALERT", "CHANNEL", "EVENT", "STATUS", "SENT", "DETAIL"], ...one.deliveries.map((each) => [each.alert, each.channel, each.event, each.status, timeText(each.sent, io.zone), each.detail])], { columns }));
  }
  return lines.join("");
}
