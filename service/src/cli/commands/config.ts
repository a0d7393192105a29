/** plan and apply: a configuration file against what is stored and what the source has. */
import type { Command } from "commander";
import type { OutputOf } from "../../api/operations/index.ts";
import { checkSettings } from "../../resources/check-settings.ts";
import { refuseProblems, type ConfigProblem } from "../../resources/config-problem.ts";
import type { RunCommand } from "../cli.ts";
import type { CliCommands, CommandContext } from "../commands.ts";
import { readConfigFiles } from "../config-files.ts";
import { EXIT } from "../exit-code.ts";
import { bytesText, facts, numberText, table } from "../table.ts";
import { waitUntilSettled } from "../wait-until-settled.ts";

const FILE = "a foretop.yaml or params.json, or the folder that holds one";

export function addConfigCommands(program: Command, commands: CliCommands, run: RunCommand): void {
  program
    .command("plan")
    .argument("<file>", FILE)
    .description("What apply would do: changes, what is relearned, how much data it means, the exact SQL. Changes nothing.")
    .option("--strict", "unknown fields of a params.json are errors")
    .addHelpText("after", "\nExample:\n  foretop plan examples/postgres-orders/foretop.yaml")
    .action((file: string, options: { strict?: boolean }, command: Command) =>
      run(command, async (context) => {
        const { files, notes } = readChecked(file, options.strict === true, commands, context);
        const client = await context.client();
        const step = context.progress.step("ask the source");
        const plan = await client.call("planConfig", files).catch((error: unknown) => {
          step.fail();
          throw error;
        });
        step.end(plan.estimate === null ? "" : `${plan.estimate.sampledIntervals} intervals`);
        context.print(plan, () => planText(plan, notes));
        return plan.estimate === null ? EXIT.source : EXIT.ok;
      }),
    );

  program
    .command("apply")
    .argument("<file>", FILE)
    .description("Creates or changes the detector of a file and activates it. Twice is a no-op.")
    .option("--strict", "unknown fields of a params.json are errors")
    .option("--no-activate", "only store it")
    .option("--no-wait", "don't wait until the history is learned (a running serve goes on with it)")
    .addHelpText("after", "\nExample:\n  foretop apply examples/postgres-orders/foretop.yaml")
    .action((file: string, options: { strict?: boolean; activate: boolean; wait: boolean }, command: Command) =>
      run(command, async (context) => {
        const { files, notes } = readChecked(file, options.strict === true, commands, context);
        const client = await context.client();
        const applied = await client.call("applyConfig", { ...files, activate: options.activate });
        const settled = options.activate && options.wait ? await waitUntilSettled(applied.detectorId, client, context) : null;
        const result = settled === null ? applied : { ...applied, status: settled.status };
        context.print({ ...result, failureReason: settled?.failureReason ?? null }, () => appliedText(result, notes));
        if (settled?.status === "FAILED") {
          context.remark(`foretop: ${applied.detector} could not be activated: ${settled.failureReason ?? "no reason was given"}`);
          return failureCode(settled);
        }
        return EXIT.ok;
      }),
    );
}

/** Whether an activation failed at the source, by what the detector log says. */
function failureCode({ lastFailure }: OutputOf<"getDetector">): number {
  return lastFailure?.code == null || lastFailure.code === "INTERNAL" ? EXIT.failed : EXIT.source;
}

/** Mistakes that the file alone shows are told before anything is started. */
function readChecked(file: string, strict: boolean, { registries }: CliCommands, { io }: CommandContext) {
  const { files, parsed } = readConfigFiles(file, io.cwd, { strict });
  refuseProblems(checkSettings(parsed.config, registries, parsed.locate));
  return { files, notes: parsed.notes };
}

function planText(plan: OutputOf<"planConfig">, notes: readonly ConfigProblem[]): string {
  const lines: string[] = [];
  const verb = { create: "would be created", update: "would be changed", none: "is as configured: nothing would change" }[plan.action];
  lines.push(`${plan.detector} ${verb}${plan.relearns ? ", its history learned again" : ""}.\n`);
  if (plan.changes.length > 0) {
    lines.push("\n", table([["CHANGE", "FROM", "TO", "CONSEQUENCE"], ...plan.changes.map(({ field, from, to, consequence }) => [field, short(from), short(to), consequence])], { columns: null }));
  }
  if (plan.estimate !== null) {
    const { seriesCount, leafCount, rowsPerInterval, absentShare, intervalCount, sampledIntervals, dimensionValues, bytesPerDay } = plan.estimate;
    lines.push(
      "\n",
      facts([
        ["series", `${numberText(seriesCount)}: ${numberText(leafCount)} and ${numberText(seriesCount - leafCount)} totals of them`],
        ["values", dimensionValues.map(({ dimension, count }) => `${dimension} ${numberText(count)}`).join(", ")],
        ["rows per interval", numberText(rowsPerInterval)],
        ["absent cells", `${(absentShare * 100).toFixed(1)} %`],
        ["history", `up to ${numberText(intervalCount)} intervals`],
        ["on disk", `at most ${bytesText(bytesPerDay)} a day`],
        ["looked at", `the last ${sampledIntervals} intervals`],
      ]),
    );
  }
  if (plan.aggregation !== null) lines.push(`\naggregated ${plan.aggregation.inDatabase ? "in the database: yes" : "in the database: no, by Foretop"}, because ${plan.aggregation.why}\n`);
  for (const { title, shown } of plan.statements) lines.push(`\n-- ${title}\n${shown.trimEnd()}\n`);
  lines.push(remarksText("WARNINGS", withoutNotes(plan.warnings, notes)), remarksText("NOTES", notes));
  return lines.join("");
}

function appliedText(applied: OutputOf<"applyConfig">, notes: readonly ConfigProblem[]): string {
  const what = { created: "created", updated: "changed", unchanged: "unchanged" }[applied.action];
  const relearned = applied.relearns ? ", history learned again" : "";
  const next =
    applied.action === "unchanged" || applied.status !== "ACTIVE"
      ? ""
      : "\nWhat comes from now on is judged by `foretop serve`. What the past would have told: `foretop backtest FILE`.\n";
  return `${applied.detector} ${what}${relearned}: ${applied.status}\n${next}${remarksText("WARNINGS", withoutNotes(applied.warnings, notes))}${applied.action === "unchanged" ? "" : remarksText("NOTES", notes)}`;
}

/** The service has no second list: what the file's parser only noted comes back among the warnings. */
function withoutNotes(warnings: readonly ConfigProblem[], notes: readonly ConfigProblem[]): ConfigProblem[] {
  return warnings.filter(({ message }) => !notes.some((note) => note.message === message));
}

function remarksText(title: string, remarks: readonly ConfigProblem[]): string {
  if (remarks.length === 0) return "";
  const lines = remarks.map(({ message, where, advice }) => `  ${where === null ? "" : `${where}: `}${message}${advice === null ? "" : `\n      ${advice}`}\n`);
  return `\n${title}\n${lines.join("")}`;
}

const SHORT_LENGTH_MAX = 40;

function short(text: string | null): string | null {
  if (text === null) return null;
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= SHORT_LENGTH_MAX ? line : `${line.slice(0, SHORT_LENGTH_MAX - 1)}…`;
}

