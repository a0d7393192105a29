/**
 * The command line: `foretop <noun> <verb>`. Parses, hands to one small function a command (commands/), prints, and
 * turns whatever goes wrong into a sentence and an exit code. Long-running commands come from main.ts.
 */
import { Command, CommanderError } from "commander";
import { servingAt } from "../api/listen.ts";
import { httpClient, type Client } from "../api/client.ts";
import { serviceConfig } from "../config.ts";
import { Redactor } from "../secrets/redactor.ts";
import { addAnomalyCommands } from "./commands/anomaly.ts";
import { addBackupCommands } from "./commands/backup.ts";
import { addConfigCommands } from "./commands/config.ts";
import { addDeliveryCommands } from "./commands/delivery.ts";
import { addDetectorCommands } from "./commands/detector.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addIncidentCommands } from "./commands/incident.ts";
import { addIntervalCommands } from "./commands/interval.ts";
import { addRunCommands } from "./commands/run.ts";
import { addScoreCommand } from "./commands/score.ts";
import { addShardCommands } from "./commands/shard.ts";
import { addStatusCommands } from "./commands/status.ts";
import { addSourceCommands } from "./commands/source.ts";
import type { CliCommands, CommandContext, LocalService } from "./commands.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { addExplainCommand } from "./explain.ts";
import { Interrupted, type CliIo } from "./io.ts";
import { errorText, shownError } from "./print-error.ts";
import { progress, silentProgress } from "./progress.ts";
import { didYouMean } from "../resources/did-you-mean.ts";

/** Options that every command has, as commander gives them. */
export interface GlobalFlags {
  readonly home?: string;
  readonly json?: boolean;
  readonly debug?: boolean;
  readonly quiet?: boolean;
  readonly port?: string;
  readonly host?: string;
  readonly threads?: string;
  readonly logLevel?: string;
}

/** Runs one command with its context; the commands' files register their actions through it. */
export type RunCommand = (command: Command, action: (context: CommandContext) => Promise<number | void>) => Promise<void>;

/** How long a stopped command may take to put things in order. */
export const STOP_SECONDS_MAX = 15;

/**
 * @param argv  without node and the script, e.g. ["detector", "list", "--json"]
 * @returns the exit code
 */
export async function runCli(argv: readonly string[], io: CliIo, commands: CliCommands): Promise<number> {
  let code: number = EXIT.ok;
  const program = buildProgram(io, commands, async (command, action) => {
    code = await runAction(command.optsWithGlobals<GlobalFlags>(), action, io, commands);
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    // Commander has printed what it had to say: help, the version, or what is wrong with the arguments.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
}

/** All commands, without running one: the help's golden test reads it too. */
export function buildProgram(io: CliIo, commands: CliCommands, run: RunCommand): Command {
  const program = new Command("foretop")
    .description("Finds anomalies in business metrics: one SQL query in, alerts with evidence out.")
    .version(commands.version, "-V, --version", "print the version")
    .option("--home <folder>", "everything that is kept is in it; also FORETOP_HOME; default .foretop")
    .option("--json", "print JSON for programs instead of tables")
    .option("--quiet", "no progress on stderr")
    .option("--debug", "stack traces with errors")
    .helpOption("-h, --help", "explain a command")
    .helpCommand(false) // ours explains commands of commands too
    .showHelpAfterError("(--help shows what there is)")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // Help must not change with the width of the terminal it was written on.
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
      outputError: (text, write) => write(text.replace(/^error: /, "foretop: ")),
    })
    .exitOverride()
    .addHelpText("after", "\nExample:\n  foretop demo                    see it work, without any set-up\n  foretop plan foretop.yaml       what would be watched, and what it costs\n  foretop apply foretop.yaml      learn the history and begin");
  addRunCommands(program, commands, run);
  addShardCommands(program, commands, run);
  addConfigCommands(program, commands, run);
  addDetectorCommands(program, run);
  addAnomalyCommands(program, run);
  addIncidentCommands(program, run);
  addIntervalCommands(program, run);
  addDeliveryCommands(program, run);
  addScoreCommand(program, run);
  addExplainCommand(program, run);
  addStatusCommands(program, run);
  addBackupCommands(program, commands, run);
  addSourceCommands(program, commands, run);
  addDoctorCommand(program, commands, run);
  addHelpCommand(program);
  return program;
}

/** `foretop help detector list` */
function addHelpCommand(program: Command): void {
  program
    .command("help [command...]")
    .description("explain a command")
    .addHelpText("after", "\nExample:\n  foretop help detector list")
    .action((words: readonly string[]) => {
      let command = program;
      for (const [i, word] of words.entries()) {
        const found = command.commands.find((each) => each.name() === word);
        if (found === undefined) program.error(`error: there is no command "${words.slice(0, i + 1).join(" ")}"${meantText(word, command)}`, { exitCode: EXIT.usage });
        command = found!; // error() throws
      }
      command.outputHelp();
    });
}

function meantText(word: string, { commands }: Command): string {
  const meant = didYouMean(word, commands.map((each) => each.name()));
  return meant === null ? "" : `, did you mean "${meant}"?`;
}

async function runAction(flags: GlobalFlags, action: (context: CommandContext) => Promise<number | void>, io: CliIo, commands: CliCommands): Promise<number> {
  const redactor = new Redactor();
  const debug = flags.debug === true;
  let local: LocalService | null = null;
  try {
    if (io.env["DATABASE_URL"]) redactor.remember(io.env["DATABASE_URL"]);
    const context = contextOf(flags, io, commands, redactor, (opened) => (local = opened));
    io.signal.throwIfAborted();
    const code = (await untilAborted(action(context), io.signal)) ?? EXIT.ok;
    // A serve that a supervisor stopped, and that stopped in order, has done what it was asked to.
    return isCtrlC(io.signal) ? EXIT.interrupted : code;
  } catch (error) {
    const interrupted = io.signal.aborted ? (io.signal.reason as unknown) : error;
    if (interrupted instanceof Interrupted) io.stderr.write("foretop: stopped\n");
    else if (flags.json === true) io.stderr.write(`${redactor.redact(JSON.stringify({ error: shownError(error) }))}\n`);
    else io.stderr.write(redactor.redact(errorText(error, { debug })));
    return exitCodeOf(interrupted);
  } finally {
    const closing = (local as LocalService | null)?.close(); // assigned in the callback above, which the checker can't see
    // Closing waits for what still runs; after Ctrl-C not for long: what was not committed did not happen.
    if (closing !== undefined) await (io.signal.aborted ? Promise.race([closing, pause(STOP_SECONDS_MAX)]) : closing);
  }
}

/** A client whose calls end at once when the command is stopped, whatever they wait for. */
function untilStopped(client: Client, signal: AbortSignal): Client {
  return {
    async call(name, input) {
      signal.throwIfAborted();
      let stop: (() => void) | undefined;
      const stopped = new Promise<never>((_, reject) => {
        stop = () => reject(signal.reason as Error);
        signal.addEventListener("abort", stop, { once: true });
      });
      try {
        return await Promise.race([client.call(name, input), stopped]);
      } finally {
        if (stop !== undefined) signal.removeEventListener("abort", stop);
      }
    },
  };
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, seconds * 1000).unref());
}

function isCtrlC({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof Interrupted && reason.signal === "SIGINT";
}

/**
 * The action's end, or the interruption plus the time to put things in order. A command that notices the signal ends by
 * itself; one that doesn't is left behind, and closing the system under it ends it.
 */
async function untilAborted<T>(action: Promise<T>, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    const start = () => (timer = setTimeout(() => reject(signal.reason as Error), STOP_SECONDS_MAX * 1000));
    if (signal.aborted) start();
    else signal.addEventListener("abort", start, { once: true });
  });
  try {
    return await Promise.race([action, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

function contextOf(flags: GlobalFlags, io: CliIo, commands: CliCommands, redactor: Redactor, opened: (local: LocalService) => void): CommandContext {
  const { home, host, port, threads, logLevel } = flags;
  const config = serviceConfig(io.env, { home, host, port, threads, logLevel }, io.cwd);
  const json = flags.json === true;
  let client: Promise<Client> | null = null;
  const context: CommandContext = {
    io,
    config,
    json,
    debug: flags.debug === true,
    signal: io.signal,
    progress: flags.quiet === true ? silentProgress : progress(io),
    redactor,
    client: () => (client ??= openClient().then((found) => untilStopped(found, io.signal))),
    print: (value, text) => io.stdout.write(redactor.redact(json ? `${JSON.stringify(value, null, 2)}\n` : text())),
    remark: (text) => {
      if (!json) io.stderr.write(redactor.redact(`${text}\n`));
    },
  };
  return context;

  async function openClient(): Promise<Client> {
    const address = servingAt(config.homeFolder);
    if (address !== null) return httpClient(address);
    const local = await commands.openLocal(context);
    opened(local);
    return local.client;
  }
}
