/** The kit in a process of its own, for tests and benchmarks that measure memory or processor time of the other side. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { KitCredentials } from "./new-access-key.ts";

export interface SpawnOptions {
  readonly postgresUrl?: string;
  readonly buckets?: readonly string[];
  /** name → text; their ARNs are in the answer, in this order */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly roles?: readonly string[];
}

export interface SpawnedTestKit {
  readonly endpoint: string;
  readonly port: number;
  readonly region: string;
  readonly accountId: string;
  readonly credentials: KitCredentials;
  readonly secrets: readonly string[];
  readonly roles: readonly string[];
  stop(): Promise<void>;
}

export async function spawnTestKit({ postgresUrl, buckets = [], secrets = {}, roles = [] }: SpawnOptions = {}): Promise<SpawnedTestKit> {
  const child = fork(fileURLToPath(new URL("main.ts", import.meta.url)), {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    execArgv: [],
    env: { ...process.env, KIT_JSON: "1", KIT_PORT: "0", KIT_BUCKETS: buckets.join(","), KIT_ROLES: roles.join(","), KIT_SECRETS: JSON.stringify(secrets), ...(postgresUrl !== undefined && { KIT_POSTGRES_URL: postgresUrl }) },
  });
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  const line = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    void exited.then(() => reject(new Error(`the kit ended before it was ready (code ${child.exitCode})`)));
  });
  return {
    ...(JSON.parse(line) as Omit<SpawnedTestKit, "stop">), // written by main.ts
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
