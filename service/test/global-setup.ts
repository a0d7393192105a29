/** Before the service's tests: one PostgreSQL for all of them, in a folder of its own that goes away afterwards. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { removeEmbeddedPostgres, startEmbeddedPostgres } from "../src/store/embedded/embedded-postgres.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** address of the maintenance database of the server that the tests share */
    postgresUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env["FORETOP_TEST_DATABASE_URL"];
  if (given !== undefined) {
    project.provide("postgresUrl", given);
    return async () => {};
  }
  const folder = mkdtempSync(join(tmpdir(), "foretop-test-"));
  const postgres = await startEmbeddedPostgres(folder, { durable: false, connectionsMax: 200 });
  project.provide("postgresUrl", postgres.url("postgres"));
  return async () => {
    await postgres.stop();
    await removeEmbeddedPostgres(folder);
    rmSync(folder, { recursive: true, force: true });
  };
}
