/** doctor: what is in order, what is not, what to do */
import type { Command } from "commander";
import type { RunCommand } from "../cli.ts";
import type { CliCommands } from "../commands.ts";
import { EXIT } from "../exit-code.ts";
import { examine, type DoctorFinding } from "../examine.ts";
import { table } from "../table.ts";

const MARKS = { ok: "✔", warning: "!", error: "✖" } as const;

export function addDoctorCommand(program: Command, commands: CliCommands, run: RunCommand): void {
  program
    .command("doctor")
    .argument("[file]", "also examine the source of this configuration, applied or not")
    .description("Examines Node, disk, the home folder, PostgreSQL and every source, and says what to do.")
    .addHelpText("after", "\nExample:\n  foretop doctor examples/postgres-orders/foretop.yaml")
    .action((file: string | undefined, _options: object, command: Command) =>
      run(command, async (context) => {
        const findings = await examine(file ?? null, commands, context);
        context.print({ findings }, () => doctorText(findings, context.io.stdout.columns));
        const errors = findings.filter(({ level }) => level === "error");
        if (errors.length === 0) return EXIT.ok;
        return errors.every(({ area }) => area.startsWith("source ")) ? EXIT.source : EXIT.failed;
      }),
    );
}

function doctorText(findings: readonly DoctorFinding[], columns: number | null): string {
  const lines = findings.map(({ area, level, message, advice }) => [MARKS[level], area, advice === null || level === "ok" ? message : `${message}. ${advice}`]);
  const count = (level: DoctorFinding["level"]) => findings.filter((finding) => finding.level === level).length;
  return `${table(lines, { columns: columns === null ? null : Math.max(columns, 400) })}\n${count("error")} errors, ${count("warning")} warnings\n`;
}
