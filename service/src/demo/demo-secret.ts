/**
 * The demo's secret in the original connector's form: how the example's `secret_name` reaches the warehouse. Written at
 * every start, because the embedded PostgreSQL may have moved to another port; the password stays.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../telemetry/errors.ts";
import { READER } from "./fill-warehouse.ts";

/** `secret_name` of examples/redshift-ecommerce/params.json */
export const SECRET_NAME = "redshift-l4mintegration";
/** Marks the file as the demo's: a secret of the same name that a user wrote is not overwritten. */
const CLUSTER = "foretop-demo";

export interface DemoSecret {
  readonly password: string;
  /** Writes where the warehouse is now. */
  write(place: { host: string; port: number; database: string }): void;
}

export function demoSecret(folder: string): DemoSecret {
  const path = join(folder, `${SECRET_NAME}.json`);
  const password = passwordIn(path) ?? randomBytes(18).toString("base64url");
  return {
    password,
    write({ host, port, database }) {
      const secret = { username: READER, password, host, port, db: database, dbClusterIdentifier: CLUSTER };
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // Beside and renamed: a killed start leaves the old file or the new one, never half of it.
      writeFileSync(`${path}.new`, `${JSON.stringify(secret, null, 2)}\n`, { mode: 0o600 });
      chmodSync(`${path}.new`, 0o600);
      renameSync(`${path}.new`, path);
    },
  };
}

function passwordIn(path: string): string | null {
  if (!existsSync(path)) return null;
  let secret: unknown;
  try {
    secret = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    secret = null; // not JSON: somebody else's file, refused below
  }
  const { dbClusterIdentifier, password } = (secret ?? {}) as { dbClusterIdentifier?: unknown; password?: unknown };
  if (dbClusterIdentifier !== CLUSTER || typeof password !== "string") {
    throw new UserError(`${path} is not the demo's secret`, {
      code: "IN_USE",
      where: path,
      advice: "Move your file away, or set FORETOP_HOME to another folder for the demo.",
    });
  }
  return password;
}
