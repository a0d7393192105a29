/** detector list, show, activate, deactivate, delete, mute, unmute */
import type { Command } from "commander";
import type { OutputOf } from "../../api/operations/index.ts";
import { UserError } from "../../telemetry/errors.ts";
import type { RunCommand } from "../cli.ts";
import type { CommandContext } from "../commands.ts";
import { EXIT } from "../exit-code.ts";
import { bytesText, facts, table } from "../table.ts";
import { durationText, timeText } from "../time-text.ts";
import { waitUntilSettled } from "../wait-until-settled.ts";

const NAME = "the detector's name or id";

export function addDetectorCommands(program: Command, run: RunCommand): void {
  const detector = program.command("detector").description("What is watched: list, show, activate, deactivate, delete, mute, unmute.");

  detector
    .command("list")
    .description("All detectors: status, last interval, open groups, lag.")
    .addHelpText("after", "\nExample:\n  foretop detector list --json")
    .action((_options: object, command: Command) =>
      run(command, async (context) => {
        const list = await (await context.client()).call("listDetectors", {});
        context.print(list, () => listText(list.detectors, context));
      }),
    );

  detector
    .command("show")
    .argument("<detector>", NAME)
    .description("One detector in full: configuration, status, series, how far learning is, the last failure.")
    .addHelpText("after", "\nExample:\n  foretop detector show orders")
    .action((name: string, _options: object, command: Command) =>
      run(command, async (context) => {
        const found = await (await context.client()).call("getDetector", { detector: name });
        context.print(found, () => showText(found, context));
      }),
    );

  detector
    .command("activate")
    .argument("<detector>", NAME)
    .description("Reads and learns the history, then judges every interval.")
    .option("--no-wait", "don't wait until it is done (a running serve goes on with it)")
    .addHelpText("after", "\nExample:\n  foretop detector activate orders")
    .action((name: string, options: { wait: boolean }, command: Command) =>
      run(command, async (context) => {
        const client = await context.client();
        const started = await client.call("activateDetector", { detector: name });
        const now = options.wait ? await waitUntilSettled(started.id, client, context) : started;
        context.print(now, () => `${now.name}: ${now.status}${now.failureReason === null ? "" : ` – ${now.failureReason}`}\n`);
        return now.status === "FAILED" ? EXIT.failed : EXIT.ok;
      }),
    );

  for (const [verb, operation, doc] of [
    ["deactivate", "deactivateDetector", "Stops watching; what was learned is kept."],
    ["mute", "muteDetector", "Groups are found and shown, nobody is told."],
    ["unmute", "muteDetector", "Alerts speak again."],
  ] as const) {
    detector
      .command(verb)
      .argument("<detector>", NAME)
      .description(doc)
      .addHelpText("after", `\nExample:\n  foretop detector ${verb} orders`)
      .action((name: string, _options: object, command: Command) =>
        run(command, async (context) => {
          const client = await context.client();
          const now = operation === "muteDetector" ? await client.call(operation, { detector: name, muted: verb === "mute" }) : await client.call(operation, { detector: name });
          context.print(now, () => `${now.name}: ${now.status}${now.muted ? ", muted" : ""}\n`);
        }),
      );
  }

  detector
    .command("delete")
    .argument("<detector>", NAME)
    .description("Removes a detector with everything of it: series, points, groups, ledger.")
    .option("--yes", "yes, remove it; it can't be undone")
    .addHelpText("after", "\nExample:\n  foretop detector delete orders --yes")
    .action((name: string, options: { yes?: boolean }, command: Command) =>
      run(command, async (context) => {
        const client = await context.client();
        const found = await client.call("getDetector", { detector: name });
        if (options.yes !== true) {
          throw new UserError(`${found.name} has ${found.series.leaves + found.series.rollUps} series and everything found in them; deleting can't be undone`, {
            code: "INVALID",
            where: "--yes",
            advice: `If you are sure: foretop detector delete ${found.name} --yes`,
          });
        }
        const deleted = await client.call("deleteDetector", { detector: found.id });
        context.print({ ...deleted, name: found.name }, () => `${found.name} is deleted\n`);
      }),
    );
}

function listText(detectors: OutputOf<"listDetectors">["detectors"], { io }: CommandContext): string {
  if (detectors.length === 0) return "No detectors yet. Begin with: foretop plan FILE\n";
  const rows = detectors.map((one) => [
    one.name,
    one.muted ? `${one.status}, muted` : one.status,
    one.frequency,
    one.seriesCount,
    one.openGroupCount,
    timeText(one.lastInterval?.start ?? null, io.zone),
    one.lag.dueIntervals === 0 ? null : `${durationText(one.lag.lagSeconds)} (${one.lag.dueIntervals} due)`,
    one.failureReason ?? one.lastFailure?.message ?? "",
  ]);
  return table([["NAME", "STATUS", "EVERY", "SERIES", "OPEN", `LAST INTERVAL (${io.zone})`, "LAG", "REMARK"], ...rows], { columns: io.stdout.columns });
}

function showText(one: OutputOf<"getDetector">, { io }: CommandContext): string {
  const learning = one.learning === null ? null : `${one.learning.pointsSeen} points seen, ${one.learning.pointsNeeded} more needed`;
  const lines = [
    facts([
      ["name", one.name],
      ["id", one.id],
      ["description", one.description],
      ["status", one.muted ? `${one.status}, muted` : one.status],
      ["failure", one.failureReason ?? one.lastFailure?.message ?? null],
      ...one.findings.map(({ kind, since, message, advice }) => [kind, `since ${since}: it ${message}. ${advice}`] as [string, string]),
      ["learning", learning],
      ["every", `${one.frequency} in ${one.zone}, read ${durationText(one.offsetSeconds)} after the end`],
      ["source", `${one.source.kind} ${JSON.stringify(one.source.settings)}`],
      ["timestamp", one.timestampColumn],
      ["dimensions", one.dimensions.join(", ")],
      ["series", `${one.series.leaves} and ${one.series.rollUps} totals of them`],
      ["generation", `${one.generation}, live from ${timeText(one.liveFrom, io.zone) ?? "–"}, judged until ${timeText(one.head, io.zone) ?? "–"} (${io.zone})`],
      ["on disk", bytesText(one.bytes.points + one.bytes.checkpoint)],
    ]),
    "\n",
    table(
      [
        ["MEASURE", "AGGREGATION", "ABSENT IS", "SEVERITY FROM", "DIRECTION"],
        ...one.measureSettings.map((measure) => [measure.name, measure.aggregation, measure.whenAbsent, measure.severityMin, measure.direction]),
      ],
      { columns: io.stdout.columns },
    ),
  ];
  if (one.relations.length > 0) lines.push("\n", ...one.relations.map((relation) => `${relation}\n`));
  if (one.links.length > 0) {
    lines.push("\n", table([["LINKED WITH", "MEASURES", "DECLARED BY"], ...one.links.map((link) => [link.detector, link.measures.join(", ") || "all", link.declaredBy])], { columns: io.stdout.columns }));
  }
  if (one.alerts.length > 0) {
    lines.push("\n", table([["ALERT", "SEVERITY FROM", "CHANNEL", "MEASURES"], ...one.alerts.map((alert) => [alert.name, alert.severityMin, alert.channel.kind, alert.measures.join(", ") || "all"])], { columns: io.stdout.columns }));
  }
  for (const { title, file, sql } of one.statements) lines.push(`\n-- ${title}${file === null ? "" : ` (${file})`}\n${sql.trimEnd()}\n`);
  return lines.join("");
}
