/** `foretop demo`: the steps on stderr, what was found on stdout, then live until stopped. */
import { join } from "node:path";
import type { CommandContext, DemoOptions } from "../cli/commands.ts";
import { facts } from "../cli/table.ts";
import type { DemoDocument } from "./demo-document.ts";
import type { DemoHost } from "./demo-host.ts";
import { demoTable } from "./demo-table.ts";
import { LABELS_FILE, runDemo } from "./run-demo.ts";

export async function demoCommand({ seed, once, reset }: DemoOptions, context: CommandContext, host: DemoHost): Promise<void> {
  const { io, config, progress, signal } = context;
  await runDemo(
    {
      seed,
      once,
      reset,
      nowMs: Date.now(),
      progress,
      signal,
      port: config.port,
      onRemark: ({ message }) => context.remark(`  ${message}`),
      onDocument: (document) => context.print(document, () => documentText(document, context)),
      onListening: (address) =>
        context.remark(`\nThe page: ${address}\nWatching live; the next hour is judged five minutes after it ends. Ctrl-C stops.`),
    },
    host,
  );

  function documentText({ groups, labels, steps }: DemoDocument, { config: { homeFolder } }: CommandContext): string {
    const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
    return [
      `\n${demoTable(groups, { zone: io.zone, columns: io.stdout.columns })}\n`,
      facts([
        ["planted", `${labels.planted} (${join(homeFolder, LABELS_FILE)}, which Foretop never reads)`],
        ["found", labels.found],
        ["missed", labels.missed],
        ["false groups", labels.falseGroups],
        ["took", `${seconds.toFixed(1)} s`],
      ]),
    ].join("");
  }
}
