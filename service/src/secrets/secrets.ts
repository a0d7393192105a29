/**
 * Secrets come only by reference: `env:NAME`, `file:PATH`, `secret:NAME` (a JSON file of that name in the folder of
 * secrets, in the original connector's form). What they resolve to never reaches logs, errors, `--json` or the
 * database.
 */
export interface Secrets {
  /** The secret's text. Throws UserError naming the reference (never the value) when it can't be had. */
  resolve(reference: string): Promise<string>;
}

/** The original connector's secret (reference §7.3): `{username, password, host, port, db, dbClusterIdentifier}`. */
export interface DatabaseSecret {
  readonly username: string;
  readonly password: string;
  readonly host: string | null;
  readonly port: number | null;
  readonly db: string | null;
  readonly dbClusterIdentifier: string | null;
}
