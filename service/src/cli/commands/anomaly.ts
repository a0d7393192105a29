/** anomaly list, show: the groups that were found */
import type { Command } from "commander";
import type { OutputOf } from "../../api/operations/index.ts";
import type { RunCommand } from "../cli.ts";
import type { CommandContext } from "../commands.ts";
import { EXIT } from "../exit-code.ts";
import { facts, table } from "../table.ts";
import { causeParts } from "../explain-stored.ts";
import { timeText } from "../time-text.ts";
import { AS_OF, asOfField } from "./as-of.ts";
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
  readonly asOf?: string;
}

export function addAnomalyCommands(program: Command, run: RunCommand): void {
  const anomaly = program.command("anomaly").description("What was found: list, show, evidence.");

  anomaly
    .command("list")
    .description("Anomaly groups, newest first.")
    .option("--detector <name>", "of this detector only")
    .option("--severity-min <number>", "of this severity or more, 0 to 100", "0")
    .option("--measure <name>", "of this measure only")
    .option("--from <instant>", "groups that overlap the time from here …, e.g. 2026-03-01T00:00:00Z")
    .option("--to <instant>", "… to here")
    .option("--status <status>", "open or closed")
    .option("--as-of <instant>", AS_OF)
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
          ...asOfField(flags),
          severityMin: wholeNumber(flags.severityMin, "--severity-min", { min: 0, max: 100 }),
          limit: wholeNumber(flags.limit, "--limit", { min: 1, max: 500 }),
        });
        context.print(list, () => listText(list, context));
      }),
    );

  anomaly
    .command("related")
    .argument("<group>", "the group's id")
    .description("What else moved with it: parts of declared relations with exact shares, and measures that the history links with it.")
    .option("--with <detectors>", "detectors to compare with beside the linked ones, by name, separated by commas")
    .addHelpText("after", "\nExample:\n  foretop anomaly related 4f1c2a80-0b5e-4d0a-9a51-6f0e7c1d2b3a --with traffic")
    .action((group: string, flags: { with?: string }, command: Command) =>
      run(command, async (context) => {
        const found = await (await context.client()).call("getRelated", { group, ...(flags.with !== undefined && { with: flags.with }) });
        context.print(found, () => relatedText(found, context));
      }),
    );

  anomaly
    .command("show")
    .argument("<group>", "the group's id")
    .description("One group in full: its series, the values that did it, the SQL behind it, who was told.")
    .option("--as-of <instant>", AS_OF)
    .addHelpText("after", "\nExample:\n  foretop anomaly show 4f1c2a80-0b5e-4d0a-9a51-6f0e7c1d2b3a --as-of 2026-03-01T09:05:00Z")
    .action((group: string, flags: { asOf?: string }, command: Command) =>
      run(command, async (context) => {
        const found = await (await context.client()).call("getGroup", { group, ...asOfField(flags) });
        context.print(found, () => showText(found, context));
      }),
    );

  anomaly
    .command("evidence")
    .argument("<group>", "the group's id")
    .description("What a group's figures rest on: SQL for each of them, the reading, versions, how expected came about.")
    .option("--as-of <instant>", AS_OF)
    .option("--verify", "read the source again, judge with the states of then, and say what differs")
    .addHelpText("after", "\nExample:\n  foretop anomaly evidence 4f1c2a80-0b5e-4d0a-9a51-6f0e7c1d2b3a --verify")
    .action((group: string, { verify, ...flags }: { verify?: boolean; asOf?: string }, command: Command) =>
      run(command, async (context) => {
        const client = await context.client();
        if (verify !== true) {
          const evidence = await client.call("getEvidence", { group, ...asOfField(flags) });
          context.print(evidence, () => evidenceText(evidence, context));
          return EXIT.ok;
        }
        const result = await client.call("verifyEvidence", { group, ...asOfField(flags) });
        context.print(result, () => `${evidenceText(result.evidence, context)}\n${verificationText(result)}`);
        return result.same ? EXIT.ok : EXIT.failed;
      }),
    );
}

function evidenceText(evidence: OutputOf<"getEvidence">, { io }: CommandContext): string {
  const zone = io.zone;
  const figure = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(6)));
  const rows = evidence.series.map((one) => [one.name, one.isHead ? "yes" : "", figure(one.actual), figure(one.expected), figure(one.lower), figure(one.upper), figure(one.how.spread), one.how.pointsLearned, one.how.pointsGated]);
  return [
    facts([
      ["interval", `${timeText(evidence.interval.start, zone)} to ${timeText(evidence.interval.end, zone)} (${zone}), version ${evidence.intervalVersion}`],
      ["known since", timeText(evidence.knownAt, zone)],
      ["reading", evidence.attempt],
      ["model", `${evidence.modelVersion}, states from the checkpoint of ${timeText(evidence.checkpointEnd, zone)}`],
      ["hashes", `query ${evidence.queryHash.slice(0, 12)}, configuration ${evidence.configHash.slice(0, 12)}, evidence ${evidence.hash}`],
    ]),
    "\n",
    table([["SERIES", "HEAD", "ACTUAL", "EXPECTED", "LOWER", "UPPER", "SPREAD", "LEARNED", "GATED"], ...rows], { columns: io.stdout.columns }),
    ...evidence.series.filter(({ isHead }) => isHead).map(({ name, sql }) => `\n-- ${name}\n${sql}\n`),
  ].join("");
}

function verificationText({ same, differences }: OutputOf<"verifyEvidence">): string {
  if (same) return "same: read again, every figure is as it was\n";
  return table([["SERIES", "WHAT", "WAS", "IS", ""], ...differences.map(({ series, what, was, is, correctedSince }) => [series, what, was, is, correctedSince ? "corrected since, too little for a revision" : ""])], { columns: null });
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

function relatedText({ detector, measure, segment, related, unknownPercentage, historyCount, hasHistory, notes, notCompared }: OutputOf<"getRelated">, { io }: CommandContext): string {
  const { columns } = io.stdout;
  const percent = (share: number | null): string | null => (share === null ? null : `${share.toFixed(1)} %`);
  const parts: string[] = [];
  const declared = related.flatMap(({ declared: own, ...one }) => (own === null ? [] : [{ ...own, ...one }]));
  if (declared.length > 0) {
    const rows = declared.map((one) => [one.relation, one.measure === measure ? "" : one.measure, one.expected, one.actual, Number(one.amount.toPrecision(6)), percent(one.share)]);
    parts.push(`By definition, at the peak, in ${segmentText(segment)}:\n`, table([["RELATION", "MEASURE", "EXPECTED", "ACTUAL", "CONTRIBUTED", "SHARE"], ...rows], { columns }));
  }
  const linked = related.filter((one) => one.declared === null);
  if (linked.length > 0) {
    const rows = linked.map((one) => [one.relation, one.detector === detector ? one.measure : `${one.measure} of ${one.detector}`, timeText(one.onset, io.zone), one.lagIntervals, one.strength === null ? null : Number(one.strength.toPrecision(2)), percent(one.percentage), one.timesBefore, one.group]);
    parts.push(table([["RELATION", "MEASURE", `SINCE (${io.zone})`, "LAG", "STRENGTH", "SHARE", "BEFORE", "GROUP"], ...rows], { columns }));
  }
  if (related.length === 0) parts.push("Nothing else that was off then is linked with it.\n");
  else if (related.some(({ relation }) => relation === "cause")) parts.push(`unknown: ${percent(unknownPercentage)!} of the deviation\n`);
  if (!hasHistory) parts.push(`Only ${historyCount} intervals were judged before it: what began earlier is told, links are not.\n`);
  for (const note of notes) parts.push(`${note}\n`);
  if (notCompared.length > 0) parts.push(`Not compared, without a total of their own: ${notCompared.join(", ")}.\n`);
  return parts.join("\n");
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
    ...(one.causes === null ? [] : [`${one.causes.sentence}\n\n`, ...causeParts(one.causes, one.data, columns).map((part) => `${part}\n`)]),
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
