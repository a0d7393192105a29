/** delivery list, resend: the messages of alerts */
import type { Command } from "commander";
import type { RunCommand } from "../cli.ts";
import { table } from "../table.ts";
import { timeText } from "../time-text.ts";
import { wholeNumber } from "./run.ts";

export function addDeliveryCommands(program: Command, run: RunCommand): void {
  const delivery = program.command("delivery").description("Who was told what: list, resend.");

  delivery
    .command("list")
    .description("Messages of alerts, newest first; --status failed lists what could not be delivered.")
    .option("--detector <name>", "of this detector only")
    .option("--group <id>", "of this anomaly group only")
    .option("--status <status>", "pending, sent, failed or muted")
    .option("--limit <count>", "at most so many", "50")
    .addHelpText("after", "\nExample:\n  foretop delivery list --status failed")
    .action((flags: { detector?: string; group?: string; status?: string; limit: string }, command: Command) =>
      run(command, async (context) => {
        const { detector, group, status } = flags;
        const list = await (await context.client()).call("listDeliveries", {
          ...(detector !== undefined && { detector }),
          ...(group !== undefined && { group }),
          ...(status !== undefined && { status: status as "pending" | "sent" | "failed" | "muted" }), // the operation refuses what is none of them
          limit: wholeNumber(flags.limit, "--limit", { min: 1, max: 500 }),
        });
        context.print(list, () => {
          if (list.deliveries.length === 0) return "No deliveries.\n";
          const { zone, stdout } = context.io;
          const rows = list.deliveries.map((one) => [one.status, one.alert, one.channel, one.event, one.attempts, timeText(one.sent ?? one.nextTry, zone), one.headline, one.key, one.detail ?? ""]);
          return table([["STATUS", "ALERT", "CHANNEL", "EVENT", "TRIES", `SENT OR NEXT (${zone})`, "HEADLINE", "KEY", "DETAIL"], ...rows], { columns: stdout.columns });
        });
      }),
    );

  delivery
    .command("resend")
    .argument("<key>", "the delivery's key, from delivery list")
    .description("Sends a message again under the same key, so that a receiver that has it can drop it.")
    .addHelpText("after", "\nExample:\n  foretop delivery resend oncall:4f1c2a80-0b5e-4d0a-9a51-6f0e7c1d2b3a:1")
    .action((key: string, _options: object, command: Command) =>
      run(command, async (context) => {
        const result = await (await context.client()).call("resendDelivery", { delivery: key });
        context.print(result, () => `${result.key} is ${result.status}\n`);
      }),
    );
}
