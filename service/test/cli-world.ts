/** The command line on a config world: every byte that it writes, and its exit code. */
import { Readable } from "node:stream";
import { inProcessClient } from "../src/api/client.ts";
import { runCli } from "../src/cli/cli.ts";
import type { CliCommands } from "../src/cli/commands.ts";
import type { CliIo, Output } from "../src/cli/io.ts";
import type { ConfigWorld } from "./config-world.ts";

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  readonly columns?: number | null;
  readonly stdin?: string;
  readonly commands?: Partial<CliCommands>;
}

/** Without a world only commands that open nothing can run. */
export async function runForetop(argv: readonly string[], world: ConfigWorld | null, { env = {}, cwd, signal, columns = null, commands = {}, stdin = "" }: RunOptions = {}): Promise<CliRun> {
  const [stdout, stderr] = [recorder(columns), recorder(columns)];
  const io: CliIo = {
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout,
    stderr,
    env: { ...(world !== null && { FORETOP_HOME: world.home }), ...env },
    cwd: cwd ?? world?.home ?? "/",
    zone: "UTC",
    signal: signal ?? new AbortController().signal,
  };
  const code = await runCli(argv, io, { ...commandsOn(world), ...commands });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

export function commandsOn(world: ConfigWorld | null): CliCommands {
  const never = () => Promise.reject(new Error("this command is not part of the test"));
  return {
    version: "0.0.0-test",
    registries: {
      connectors: new Map(world?.connectors.map((connector) => [connector.kind, connector])),
      channels: new Map(world?.channels.map((channel) => [channel.kind, channel])),
    },
    openLocal: () => {
      if (world === null) throw new Error("nothing to open in this test");
      return Promise.resolve({ client: inProcessClient(world.system, world.app), close: () => Promise.resolve() });
    },
    demo: never,
    serve: never,
    backtest: never,
    openSystem: never,
    backup: never,
    restore: never,
  };
}

export function recorder(columns: number | null = null): Output & { text: string } {
  return {
    text: "",
    isTTY: false,
    columns,
    write(text) {
      this.text += text;
    },
  };
}
