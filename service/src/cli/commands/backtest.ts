/** `foretop backtest FILE`: the live pipeline over history, in a database that goes with the run. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { demoTable } from "../../demo/demo-table.ts";
import { groupRow } from "../../demo/demo-document.ts";
import { backtestPeriod, runBacktest } from "../../pipeline/run-backtest.ts";
import type { System } from "../../pipeline/system.ts";
import { VirtualClock } from "../../telemetry/clock.ts";
import type { BacktestOptions, CommandContext } from "../commands.ts";
import { readConfigFiles } from "../config-files.ts";
import { facts } from "../table.ts";

export interface BacktestHost {
  /** A system on this clock whose store is its own and lies in `folder`. */
  open(folder: string, clock: VirtualClock): Promise<{ system: System; close(): Promise<void> }>;
}

export async function backtestCommand({ file, untilMs, intervals }: BacktestOptions, context: CommandContext, host: BacktestHost): Promise<void> {
  const { io, progress, signal } = context;
  const { parsed } = readConfigFiles(file, io.cwd, { strict: false });
  const period = backtestPeriod(parsed.config, { nowMs: untilMs ?? Date.now(), intervals });
  const clock = new VirtualClock(0);
  const folder = await mkdtemp(join(tmpdir(), "foretop-backtest-"));
  const opened = await host.open(folder, clock);
  try {
    const learning = progress.step("learn", 1);
    let judging: ReturnType<typeof progress.step> | null = null;
    const judgedCount = intervals ?? Math.round(parsed.config.history.intervalsMax * 0.3);
    const report = await runBacktest(parsed.config, period, { ...opened.system, clock }, {
      signal,
      onLearn: (now) => learning.update(now.shareDone, now.step),
      onInterval: (done) => {
        if (judging === null) learning.end("");
        judging ??= progress.step("judge", judgedCount);
        judging.update(done);
      },
    });
    (judging as ReturnType<typeof progress.step> | null)?.end(`${report.intervals} intervals`); // assigned in the callback
    const rows = report.groups.map((group) => groupRow(group, report.detector));
    const document = {
      detector: parsed.config.name,
      from: new Date(period.fromMs).toISOString(),
      until: new Date(period.untilMs).toISOString(),
      learned: { rows: report.history.rows, series: report.history.series, intervals: report.history.intervals },
      judged: { intervals: report.intervals },
      groups: rows,
    };
    context.print(document, () =>
      [
        `${demoTable(rows, { zone: io.zone, columns: io.stdout.columns })}\n`,
        facts([
          ["learned", `${report.history.intervals} intervals, ${report.history.series} series`],
          ["judged", `${report.intervals} intervals from ${document.from} until ${document.until}`],
          ["groups", String(rows.length)],
        ]),
      ].join(""),
    );
  } finally {
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  }
}
