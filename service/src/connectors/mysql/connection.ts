/** One session of the source: read-only, in the dataset's zone, quotes and backslashes as the checker reads them. */
import type { Socket } from "node:net";
import mysql2 from "mysql2";
import type { Connection as Driver, ConnectionOptions, FieldPacket, RowDataPacket } from "mysql2";
import type { Address } from "../resolve-address.ts";
import { sourceErrorFrom } from "./source-error-from.ts";

export interface Connection {
  readonly driver: Driver;
  readonly address: Address;
  /** "10.11.6-MariaDB-…", "8.4.0" */
  readonly version: string;
  readonly isMariaDb: boolean;
  /** IANA zone of the session */
  readonly zone: string;
  /** the server's number for the session */
  readonly id: number;
  bytesRead(): number;
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** The columns of a statement's result, as the server plans it; nothing is read. */
  columnsOf(sql: string): Promise<readonly FieldPacket[]>;
  /** Asks the server to stop what this session is doing; resolves when it was asked, or could not be. */
  cancel(): Promise<void>;
  close(): Promise<void>;
}

export async function openConnection(address: Address, { zone, signal }: { zone: string; signal?: AbortSignal }): Promise<Connection> {
  const doing = `connecting to ${placeOf(address)}`;
  const fail = (error: unknown): Error => sourceErrorFrom(error, { doing, isConnecting: true, ...(signal && { signal }) });
  if (signal?.aborted === true) throw fail(signal.reason);
  const driver = mysql2.createConnection(optionsOf(address));
  // Without a listener, a connection that breaks while idle would end the process. The next use reports it.
  driver.on("error", () => {});
  const abort = (): void => driver.destroy();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await connected(driver);
    const [facts] = await query<{ version: string; id: number; modes: string }>(driver, "select version() as version, connection_id() as id, @@session.sql_mode as modes");
    const isMariaDb = /mariadb/i.test(facts!.version);
    for (const statement of sessionStatements(zone, facts!.modes)) await query(driver, statement);
    return new OpenConnection(driver, address, { version: facts!.version, id: facts!.id, isMariaDb, zone });
  } catch (error) {
    driver.destroy();
    throw fail(error);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Host, port and database for messages; never the user's password. */
export function placeOf(address: Address): string {
  return `${address.host}:${address.port}/${address.database}`;
}

function optionsOf(address: Address): ConnectionOptions {
  return {
    ...(address.host.startsWith("/") ? { socketPath: address.host } : { host: address.host, port: address.port }),
    user: address.user,
    database: address.database,
    ...(address.password !== null && { password: address.password }),
    ...(address.ssl !== false && { ssl: { rejectUnauthorized: address.ssl.rejectUnauthorized, ...(address.ssl.ca !== undefined && { ca: address.ssl.ca }) } }),
    connectTimeout: address.connectMs,
    charset: "utf8mb4",
    // Dates as text: the driver would build one in the process's own zone.
    dateStrings: true,
    jsonStrings: true,
    flags: ["-LOCAL_FILES", "-MULTI_STATEMENTS"],
    connectAttributes: { program_name: "foretop" },
    enableKeepAlive: true,
  };
}

/** A slow reader must not lose its connection: the server waits so long for us to take what it has sent. */
const WRITE_SECONDS_MAX = 3600;

function sessionStatements(zone: string, modes: string): string[] {
  // These modes change what a quote or a backslash means, which would make code of what the checker saw as text.
  const kept = modes.split(",").filter((mode) => !/^(ANSI_QUOTES|NO_BACKSLASH_ESCAPES|ANSI|DB2|MAXDB|MSSQL|ORACLE|POSTGRESQL|)$/i.test(mode));
  return [
    `set session sql_mode = '${kept.join(",").replace(/[^\w,]/g, "")}'`,
    // An offset needs no time zone tables on the server.
    `set session time_zone = '${zone === "UTC" ? "+00:00" : zone.replace(/[^\w/+-]/g, "")}'`,
    `set session net_write_timeout = ${WRITE_SECONDS_MAX}`,
    "set session transaction read only",
  ];
}

function connected(driver: Driver): Promise<void> {
  return new Promise((resolve, reject) => driver.connect((error) => (error === null ? resolve() : reject(error))));
}

function query<Row>(driver: Driver, sql: string, values: readonly unknown[] = []): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    driver.query<RowDataPacket[]>(sql, [...values], (error, rows) => (error === null ? resolve(rows as unknown as Row[]) : reject(error))); // the caller's statement says what a row is
  });
}

/** What the driver's types leave out. */
interface DriverInternals {
  readonly stream: Socket;
}
interface PreparedInternals {
  readonly columns: readonly FieldPacket[];
}

class OpenConnection implements Connection {
  readonly driver: Driver;
  readonly address: Address;
  readonly version: string;
  readonly isMariaDb: boolean;
  readonly zone: string;
  readonly id: number;
  readonly #stream: Socket;

  constructor(driver: Driver, address: Address, facts: { version: string; id: number; isMariaDb: boolean; zone: string }) {
    this.driver = driver;
    this.address = address;
    this.version = facts.version;
    this.id = facts.id;
    this.isMariaDb = facts.isMariaDb;
    this.zone = facts.zone;
    this.#stream = (driver as unknown as DriverInternals).stream; // its socket, since version 1
  }

  bytesRead(): number {
    return this.#stream.bytesRead;
  }

  query<Row>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return query<Row>(this.driver, sql, values);
  }

  columnsOf(sql: string): Promise<readonly FieldPacket[]> {
    return new Promise((resolve, reject) => {
      this.driver.prepare(sql, (error, statement) => {
        if (error !== null) return reject(error);
        const { columns } = statement as unknown as PreparedInternals; // as the server described them
        this.driver.unprepare(sql); // what was prepared would be kept, and go stale when a table changes
        return resolve(columns);
      });
    });
  }

  /** On a connection of its own, as the protocol has it. */
  async cancel(): Promise<void> {
    const killer = mysql2.createConnection(optionsOf(this.address));
    killer.on("error", () => {});
    try {
      await connected(killer);
      await query(killer, `kill query ${this.id}`);
    } catch {
      // When it can't be asked, the server's own limit and the caller's still hold.
    } finally {
      killer.destroy();
    }
  }

  async close(): Promise<void> {
    if (this.#stream.destroyed) return;
    // end() says goodbye and waits; a connection that is already broken has nobody to say it to.
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_MS_MAX);
      this.driver.end(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.driver.destroy();
  }
}

const CLOSE_MS_MAX = 2000;
