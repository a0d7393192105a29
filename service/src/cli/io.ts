/** What a command reads from and writes to, handed in, so that tests can look at every byte. */
export interface CliIo {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** where relative paths start */
  readonly cwd: string;
  /** IANA zone in which people see times */
  readonly zone: string;
  /** aborted by Ctrl-C or a supervisor, with an Interrupted as its reason */
  readonly signal: AbortSignal;
}

/** The part of a stream that the CLI uses. */
export interface Output {
  write(text: string): void;
  /** a terminal, where a line may be drawn over */
  readonly isTTY: boolean;
  /** characters a line, when known */
  readonly columns: number | null;
}

/** Signals this soon after the first are the same Ctrl-C. */
const REPEAT_MS = 1000;

export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly signal: "SIGINT" | "SIGTERM" | "SIGHUP";
  constructor(signal: "SIGINT" | "SIGTERM" | "SIGHUP") {
    super(`stopped by ${signal}`);
    this.signal = signal;
  }
}

/**
 * The process's own streams and signals. The first Ctrl-C asks the command to stop, which puts everything in order;
 * a second one ends the process at once, which is as safe as a power cut: what was not committed did not happen.
 */
export function processIo(): CliIo {
  const controller = new AbortController();
  let askedMs = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      // One Ctrl-C may come twice: from the terminal and from npm.
      if (controller.signal.aborted && performance.now() - askedMs < REPEAT_MS) return;
      if (controller.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
      askedMs = performance.now();
      controller.abort(new Interrupted(signal));
    });
  }
  // `foretop anomaly list | head` closes our stdout: nothing more to say, and no reason to complain.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      throw error;
    });
  }
  return {
    stdin: process.stdin,
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    signal: controller.signal,
  };
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream.write(text),
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.isTTY ? stream.columns : null;
    },
  };
}
