/** What a command reads from and writes to, handed in, so that tests can look at every byte. */
export interface CliIo {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** where relative paths start */
  readonly cwd: string;
}

/** The part of a stream that the CLI uses. */
export interface Output {
  write(text: string): void;
  /** a terminal, where a line may be drawn over */
  readonly isTTY: boolean;
  /** characters a line, when known */
  readonly columns: number | null;
}

/** The process's own streams. */
export function processIo(): CliIo {
  return { stdout: outputOf(process.stdout), stderr: outputOf(process.stderr), env: process.env, cwd: process.cwd() };
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
