/** `COPY … TO STDOUT` as fast as `pg` hands it over: what the wire itself can do, to compare a crawl with. */
import type { Client, Connection, Submittable } from "pg";

/** Bytes and rows (line ends) received; the rows themselves are dropped. */
export function copyOut(client: Client, sql: string): Promise<{ rows: number; bytes: number }> {
  return new Promise((resolve, reject) => {
    client.query(new CopyOut(sql, resolve, reject));
  });
}

class CopyOut implements Submittable {
  readonly #sql: string;
  readonly #resolve: (result: { rows: number; bytes: number }) => void;
  readonly #reject: (error: Error) => void;
  #rows = 0;
  #bytes = 0;
  #failed = false;

  constructor(sql: string, resolve: (result: { rows: number; bytes: number }) => void, reject: (error: Error) => void) {
    this.#sql = sql;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  submit(connection: Connection): void {
    connection.query(this.#sql);
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    this.#bytes += chunk.length;
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.#rows = Number(text.split(" ")[1]);
  }

  handleError(error: Error): void {
    this.#failed = true;
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    if (!this.#failed) this.#resolve({ rows: this.#rows, bytes: this.#bytes });
  }
}
