/**
 * One session of the source, for one reading: read-only, in the dataset's zone, dates in ISO form. What it reads of the
 * protocol beyond `pg`'s public surface is in this file.
 */
import net from "node:net";
import { Client } from "pg";
import type { FieldDef } from "pg";
import { isThisMachine } from "../resolve-address.ts";
import type { Address } from "../resolve-address.ts";
import { openRowTap } from "./row-tap.ts";
import type { RowTap } from "./row-tap.ts";
import { sourceErrorFrom } from "./source-error-from.ts";

export interface Connection {
  readonly client: Client;
  readonly address: Address;
  /** "PostgreSQL 18.4 …"; Redshift's begins with PostgreSQL 8.0.2 and holds "Redshift" */
  readonly version: string;
  readonly isRedshift: boolean;
  /** the server's number for the session, to find it in its logs and views */
  readonly processId: number;
  /** bytes that have arrived so far */
  bytesRead(): number;
  /** Called once, with the columns of the next result, before its first row. */
  onFields(listener: (fields: readonly FieldDef[]) => void): void;
  /** Rows past the driver, see row-tap.ts; null where that can't be. */
  tapRows(): RowTap | null;
  /** Asks the server to stop what this session is doing; resolves when the request is delivered, or could not be. */
  cancel(): Promise<void>;
  close(): Promise<void>;
}

export async function openConnection(address: Address, { zone, signal }: { zone: string; signal?: AbortSignal }): Promise<Connection> {
  signal?.throwIfAborted();
  const client = new Client({
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    ...(address.password !== null && { password: address.password }),
    ssl: address.ssl,
    connectionTimeoutMillis: address.connectMs,
    application_name: "foretop",
    keepAlive: true,
  });
  // Without a listener, a connection that breaks while idle would end the process. The next use reports it.
  client.on("error", () => {});
  const abort = (): void => void client.end().catch(() => {});
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>("select version()");
    const version = rows[0]!.version;
    const isRedshift = /redshift/i.test(version);
    await client.query(sessionStatements(zone, isRedshift).join("; ")); // one round trip
    return new OpenConnection(client, address, version, isRedshift);
  } catch (error) {
    await client.end().catch(() => {});
    throw sourceErrorFrom(error, { doing: `connecting to ${placeOf(address)}`, isConnecting: true, ...(signal && { signal }) });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Host, port and database for messages; never the user's password. */
export function placeOf(address: Address): string {
  return `${address.host}:${address.port}/${address.database}`;
}

function sessionStatements(zone: string, isRedshift: boolean): string[] {
  const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
  const statements = [`set datestyle to 'ISO, YMD'`, `set timezone to ${text(zone)}`];
  // Redshift knows BEGIN READ ONLY (see PostgresSource) but not these.
  if (!isRedshift) {
    statements.push("set default_transaction_read_only to on", "set extra_float_digits to 1", "set bytea_output to hex", "set jit to off");
  }
  return statements;
}

/** What `pg`'s types leave out; the names have been stable since version 7. */
interface ClientInternals {
  readonly processID: number | null;
  readonly secretKey: number | null;
  readonly connection: { readonly stream: net.Socket; once(event: "rowDescription", listener: (message: { readonly fields: readonly FieldDef[] }) => void): void };
}

class OpenConnection implements Connection {
  readonly client: Client;
  readonly address: Address;
  readonly version: string;
  readonly isRedshift: boolean;
  readonly #internals: ClientInternals;

  constructor(client: Client, address: Address, version: string, isRedshift: boolean) {
    this.client = client;
    this.address = address;
    this.version = version;
    this.isRedshift = isRedshift;
    this.#internals = client as unknown as ClientInternals; // see the interface
  }

  get processId(): number {
    return this.#internals.processID ?? 0;
  }

  bytesRead(): number {
    return this.#internals.connection.stream.bytesRead;
  }

  onFields(listener: (fields: readonly FieldDef[]) => void): void {
    this.#internals.connection.once("rowDescription", (message) => listener(message.fields));
  }

  tapRows(): RowTap | null {
    return openRowTap(this.#internals.connection.stream);
  }

  /**
   * The protocol's own cancel request, on a connection of its own: 16 bytes, no login, so that it also works when all
   * of the role's connections are taken. Servers accept it without TLS, whatever they ask of sessions.
   */
  cancel(): Promise<void> {
    const { processID, secretKey } = this.#internals;
    if (processID === null || secretKey === null) return Promise.resolve();
    const request = Buffer.alloc(16);
    request.writeInt32BE(16, 0);
    request.writeInt32BE(80_877_102, 4); // the request's code: 1234 and 5678 in 16 bits each
    request.writeInt32BE(processID, 8);
    request.writeInt32BE(secretKey, 12);
    const { host, port, connectMs } = this.address;
    const socket = host.startsWith("/") ? net.connect(`${host}/.s.PGSQL.${port}`) : net.connect(port, host);
    socket.setTimeout(Math.min(connectMs, isThisMachine(host) ? 2000 : 5000), () => socket.destroy());
    return new Promise((resolve) => {
      // The server answers by closing. When the request can't be delivered, the caller's own time limit still holds.
      socket.on("error", () => {});
      socket.on("close", () => resolve());
      socket.on("connect", () => socket.end(request));
    });
  }

  async close(): Promise<void> {
    // end() says goodbye and waits; a connection that is already broken has nobody to say it to.
    const ended = this.client.end().catch(() => {});
    const timer = setTimeout(() => this.#internals.connection.stream.destroy(), CLOSE_MS_MAX);
    await ended;
    clearTimeout(timer);
  }
}

const CLOSE_MS_MAX = 2000;
