/** backup, restore: everything that Foretop knows, in one file */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { RunCommand } from "../cli.ts";
import type { CliCommands } from "../commands.ts";
import { bytesText } from "../table.ts";
import { timeText } from "../time-text.ts";

export function addBackupCommands(program: Command, commands: CliCommands, run: RunCommand): void {
  program
    .command("backup")
    .argument("<file>", "where to; must not exist")
    .description("Writes everything that is known into one file: configuration, ledger, groups, messages, points, states. While serve runs, too. Secrets are not in it.")
    .addHelpText("after", "\nExample:\n  foretop backup /backup/foretop-2026-03-01.tar")
    .action((file: string, _options: object, command: Command) =>
      run(command, async (context) => {
        const report = await commands.backup(resolve(context.io.cwd, file), context);
        context.print(report, () => `${report.file}: ${bytesText(report.bytes)}, ${report.rows.toLocaleString("en-US")} rows and ${report.segments.toLocaleString("en-US")} segments (${bytesText(report.segmentBytes)})\n`);
      }),
    );

  program
    .command("restore")
    .argument("<file>", "a file that backup has written")
    .description("Puts a backup back into a folder (--home) or database (DATABASE_URL) that has nothing yet; whole or not at all.")
    .addHelpText("after", "\nExample:\n  foretop restore /backup/foretop-2026-03-01.tar --home /srv/foretop")
    .action((file: string, _options: object, command: Command) =>
      run(command, async (context) => {
        const report = await commands.restore(resolve(context.io.cwd, file), context);
        context.print(report, () => `restored: ${report.rows.toLocaleString("en-US")} rows and ${report.segments.toLocaleString("en-US")} segments, as of ${timeText(report.madeMs, context.io.zone)} (${context.io.zone}), made by Foretop ${report.foretop}. Start: foretop serve\n`);
      }),
    );
}
