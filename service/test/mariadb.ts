/** A MariaDB of a test's own, from Debian's package, in a folder that goes away afterwards. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createConnection } from "mysql2/promise";
import type { Connection } from "mysql2/promise";

export interface MariaDb {
  readonly port: number;
  /** a connection as root */
  readonly root: Connection;
  stop(): Promise<void>;
}

/** Why there is none, or null. In CI that is an error: there the package is installed. */
export function whyNoMariaDb(): string | null {
  if (programPath("mariadbd") !== null && programPath("mariadb-install-db") !== null) return null;
  const why = "mariadbd is not on PATH (apt-get install mariadb-server)";
  if (process.env["CI"] !== undefined) throw new Error(why);
  return why;
}

export async function startMariaDb({ zones = [] }: { zones?: readonly string[] } = {}): Promise<MariaDb> {
  const folder = mkdtempSync(join(tmpdir(), "foretop-mariadb-"));
  const data = join(folder, "data");
  const asUser = process.getuid?.() === 0 ? ["--user=root"] : [];
  execFileSync(programPath("mariadb-install-db")!, ["--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal", "--skip-test-db", ...asUser], { stdio: "pipe" });
  const port = await freePort();
  const server = spawn(
    programPath("mariadbd")!,
    ["--no-defaults", `--datadir=${data}`, `--socket=${join(folder, "s")}`, `--port=${port}`, "--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M", ...asUser],
    { stdio: "ignore" },
  );
  const exited = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const root = await connectWhenUp(port);
  for (const zone of zones) {
    const sql = execFileSync(programPath("mariadb-tzinfo-to-sql")!, [`/usr/share/zoneinfo/${zone}`, zone], { encoding: "utf8", maxBuffer: 1e8 });
    const statements = await createConnection({ host: "127.0.0.1", port, user: "root", database: "mysql", multipleStatements: true });
    await statements.query(sql);
    await statements.end();
  }
  return {
    port,
    root,
    async stop() {
      await root.end().catch(() => {});
      server.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const START_MS_MAX = 60_000;

async function connectWhenUp(port: number): Promise<Connection> {
  for (const until = Date.now() + START_MS_MAX; ; ) {
    try {
      return await createConnection({ host: "127.0.0.1", port, user: "root", dateStrings: true });
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function programPath(name: string): string | null {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/bin"];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo; // it listens on a port, not a pipe
      server.close(() => resolve(port));
    });
  });
}
