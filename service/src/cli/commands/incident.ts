/** incident list, show: groups of several measures and detectors that belong together */
import type { Command } from "commander";
import type { OutputOf } from "../../api/operations/index.ts";
import type { RunCommand } from "../cli.ts";
import type { CommandContext } from "../commands.ts";
import { facts, table } from "../table.ts";
import { timeText } from "../time-text.ts";
import { instantMs, wholeNumber } from "./run.ts";

export function addIncidentCommands(program: Command, run: RunCommand): void {
  const incident = program.command("incident").description("Groups that belong together: list, show.");

  incident
    .command("list")
    .description("Incidents, newest first; of the last 14 days unless a range is given.")
    .option("--from <instant>", "groups that overlap the time from here …, e.g. 2026-03-01T00:00:00Z")
    .option("--to <instant>", "… to here")
    .option("--severity-min <number>", "groups of this severity or more, 0 to 100", "70")
    .addHelpText("after", "\nExample:\n  foretop incident list --severity-min 80")
    .action((flags: { from?: string; to?: string; severityMin: string }, command: Command) =>
      run(command, async (context) => {
        const list = await (await context.client()).call("listIncidents", {
          ...(flags.from !== undefined && { from: new Date(instantMs(flags.from, "--from")).toISOString() }),
          ...(flags.to !== undefined && { to: new Date(instantMs(flags.to, "--to")).toISOString() }),
          severityMin: wholeNumber(flags.severityMin, "--severity-min", { min: 0, max: 100 }),
        });
        context.print(list, () => listText(list, context));
      }),
    );

  incident
    .command("show")
    .argument("<group>", "the id of one of its groups")
    .description("The incident that a group belongs to: what else was off with it, in order of its begin.")
    .addHelpText("after", "\nExample:\n  foretop incident show 4f1c2a80-0b5e-4d0a-9a51-6f0e7c1d2b3a")
    .action((group: string, _flags: object, command: Command) =>
      run(command, async (context) => {
        const found = await (await context.client()).call("getIncident", { group });
        context.print(found, () => (found.incident === null ? "The group stands alone: nothing else that was off then belongs to it.\n" : showText(found.incident, context)));
      }),
    );
}

type IncidentOut = OutputOf<"listIncidents">["incidents"][number];

function listText({ incidents, cut, from, to }: OutputOf<"listIncidents">, { io }: CommandContext): string {
  const note = cut ? "\nThe range holds more groups than are put together: ask for a shorter one.\n" : "";
  if (incidents.length === 0) return `No incidents from ${timeText(from, io.zone)} to ${timeText(to, io.zone)}: every group stands alone.\n${note}`;
  const rows = incidents.map((one) => [Math.round(one.severity), one.headline, timeText(one.start, io.zone), one.status === "open" ? "open" : timeText(one.end, io.zone), one.groups.length, one.detectors.join(", "), one.id]);
  return table([["SEVERITY", "INCIDENT", `SINCE (${io.zone})`, "UNTIL", "GROUPS", "DETECTORS", "ID"], ...rows], { columns: io.stdout.columns }) + note;
}

function showText(one: IncidentOut, { io }: CommandContext): string {
  const rows = one.groups.map(({ headline, detector, severity, start, id }) => [timeText(start, io.zone), Math.round(severity), detector, headline, id]);
  return [
    `${one.headline}\n\n`,
    facts([
      ["severity", Math.round(one.severity)],
      ["since", `${timeText(one.start, io.zone)} until ${timeText(one.end, io.zone)} (${io.zone})`],
      ["status", one.status],
    ]),
    "\n",
    table([["SINCE", "SEVERITY", "DETECTOR", "GROUP", "ID"], ...rows], { columns: io.stdout.columns }),
  ].join("");
}
