/**
 * What every connector has to do, as tests on a real source. A new one describes its source as a `SourceWorld` and calls
 * `testConnector`.
 */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { Secrets } from "../secrets/secrets.ts";
import { SourceError } from "../telemetry/errors.ts";
import type { SourceErrorCode } from "../telemetry/errors.ts";
import { testAggregation } from "./aggregation-contract.ts";
import type { AggregationOptions } from "./aggregation-contract.ts";
import type { BoundQuery, Cell, Column, Connector, ReadOptions, RowBatch, Source } from "./connector.ts";

export type ContractColumnType = "timestamp" | "timestamptz" | "date" | "integer" | "bigint" | "decimal" | "double" | "text" | "boolean";

/** A source with tables, as the suite needs it. Statements are in the source's own SQL. */
export interface SourceWorld {
  /** settings that work */
  readonly settings: unknown;
  readonly secrets: Secrets;
  /** a table with these rows; texts for timestamps are ISO */
  createTable(name: string, columns: Readonly<Record<string, ContractColumnType>>, rows: readonly (readonly Cell[])[]): Promise<void>;
  /** a table big(ts timestamp, n integer, filler text of 100 characters), `rows` rows, one a second from 2026-01-01 */
  createBigTable(rows: number): Promise<void>;
  dropTable(name: string): Promise<void>;
  /** a bound query on a table: `columns` where ts is in [start, end) */
  select(columns: string, table: string, range: { startMs: number; endMs: number }): BoundQuery;
  /** takes a minute or more, reads nothing */
  readonly slowQuery: BoundQuery;
  /** statements of ours that the source is working on now */
  runningStatements(): Promise<number>;
  /** settings with a wrong password, of a role that may read nothing, of a port where nothing listens */
  readonly wrongPassword: unknown;
  readonly mayNotRead: unknown;
  readonly nobodyThere: unknown;
  /** settings whose connection goes over something that can be cut */
  readonly cuttable: { readonly settings: unknown; cut(): void };
  close(): Promise<void>;
}

/** What a kind of source doesn't have, each with the reason. */
export interface Lacks extends AggregationOptions {
  /** truth values come as 1 and 0 */
  readonly booleans?: string;
  /** nothing to log in to: no password, no rights, no port, no connection that could be cut */
  readonly server?: string;
  /** no statements: no names that could be missing, no expressions, nothing that the source could refuse or aggregate */
  readonly sql?: string;
}

const RANGE = { startMs: Date.UTC(2026, 0, 1), endMs: Date.UTC(2027, 0, 1) };
const BIG_ROWS = 400_000;

export function testConnector(connector: Connector, open: () => Promise<SourceWorld>, lacks: Lacks = {}): void {
  describe(`the connector ${connector.kind}`, () => {
    let world: SourceWorld;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    const connect = (settings: unknown, zone = "UTC"): Promise<Source> =>
      connector.open(connector.settings.parse(settings), { secrets: world.secrets, zone });
    const using = async <T>(work: (source: Source) => Promise<T>, zone = "UTC", settings = world.settings): Promise<T> => {
      const source = await connect(settings, zone);
      try {
        return await work(source);
      } finally {
        await source.close();
      }
    };
    /** Where nothing is kept open between calls, the first call is the one that finds out. */
    const connectAndRead = (settings: unknown): Promise<unknown> => using((source) => readAll(source, world.select("n", "edges", RANGE)), "UTC", settings);
    const all = (query: BoundQuery, zone?: string): Promise<Read> => using((source) => readAll(source, query), zone);

    test("reads the rows of [start, end), and only those", async () => {
      await world.createTable("edges", { ts: "timestamp", n: "integer" }, [
        ["2026-03-01 09:59:59.999", 1],
        ["2026-03-01 10:00:00", 2],
        ["2026-03-01 10:59:59.999", 3],
        ["2026-03-01 11:00:00", 4],
      ]);
      const hour = world.select("n", "edges", { startMs: Date.UTC(2026, 2, 1, 10), endMs: Date.UTC(2026, 2, 1, 11) });
      assert.deepEqual((await all(hour)).rows.map(([n]) => Number(n)).toSorted((a, b) => a - b), [2, 3]);
      const history = world.select("n", "edges", RANGE);
      assert.equal((await all(history)).rows.length, 4);
    });

    test("an interval without rows gives its columns and no row", async () => {
      await world.createTable("quiet", { ts: "timestamp", n: "integer" }, []);
      const { rows, columns } = await all(world.select("ts, n", "quiet", RANGE));
      assert.deepEqual(rows, []);
      assert.deepEqual(columns.map((column) => column.name), ["ts", "n"]);
    });

    test("numbers are numbers, truth values true or false, nulls null", async () => {
      await world.createTable("types", { ts: "timestamp", i: "integer", b: "bigint", d: "decimal", f: "double", t: "text", o: "boolean" }, [
        ["2026-03-01 10:00:00", 7, "9007199254740991", "12345.6789", 1e-300, "a", true],
        ["2026-03-01 10:00:01", -7, "-5", "-0.0001", 1.5, "", false],
        ["2026-03-01 10:00:02", null, null, null, null, null, null],
      ]);
      const { rows, columns } = await all(world.select("i, b, d, f, t, o", "types", RANGE));
      const [yes, no, truthType] = lacks.booleans === undefined ? [true, false, "boolean"] : [1, 0, "number"];
      assert.deepEqual(sorted(rows), sorted([
        [7, 9_007_199_254_740_991, 12_345.6789, 1e-300, "a", yes],
        [-7, -5, -0.0001, 1.5, "", no],
        [null, null, null, null, null, null],
      ]));
      assert.deepEqual(columns.map((column) => column.type), ["number", "number", "number", "number", "text", truthType]);
      assert.ok(columns.every((column) => column.nativeType !== ""));
    });

    test("timestamps are ISO text: naive ones without zone, whatever the zones of dataset and process are", async () => {
      await world.createTable("times", { ts: "timestamp", tz: "timestamptz", d: "date" }, [["2026-07-01 10:00:00.25", "2026-07-01 10:00:00Z", "2026-07-01"]]);
      const { rows, columns } = await all(world.select("ts, tz, d", "times", RANGE), "America/New_York");
      assert.deepEqual(columns.map((column) => column.type), ["timestamp", "timestamptz", "date"]);
      const [naive, zoned, date] = rows[0]! as string[];
      assert.match(naive!, /^2026-07-01[ T]10:00:00\.250*$/);
      assert.match(zoned!, /[+-]\d\d(:?\d\d)?$|Z$/);
      assert.equal(Date.parse(zoned!.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00")), Date.UTC(2026, 6, 1, 10));
      assert.equal(date, "2026-07-01");
    });

    test("microseconds are kept, and count at an interval's edge", async () => {
      await world.createTable("micros", { ts: "timestamp", tz: "timestamptz" }, [
        ["2026-03-01 10:59:59.999999", "2026-03-01 10:59:59.999999Z"],
        ["2026-03-01 11:00:00.000001", "2026-03-01 11:00:00.000001Z"],
      ]);
      const hour = { startMs: Date.UTC(2026, 2, 1, 10), endMs: Date.UTC(2026, 2, 1, 11) };
      const { rows } = await all(world.select("ts, tz", "micros", hour));
      assert.equal(rows.length, 1);
      for (const text of rows[0] as string[]) assert.match(text, /10:59:59\.999999/);
    });

    test("decimals and big integers of any size become the nearest number, never a text", async () => {
      await world.createTable("sizes", { ts: "timestamp", d: "decimal", b: "bigint" }, [
        ["2026-03-01 10:00:00", "12345678901234567890.1234567891", "9223372036854775807"],
        ["2026-03-01 10:00:01", "-0.0000000001", "-9223372036854775808"],
        ["2026-03-01 10:00:02", "0", "0"],
      ]);
      const { rows } = await all(world.select("d, b", "sizes", RANGE));
      assert.deepEqual(sorted(rows), sorted([[Number("12345678901234567890.1234567891"), 2 ** 63], [-1e-10, -(2 ** 63)], [0, 0]]));
    });

    test("a naive timestamp is compared in the dataset's zone", async () => {
      await world.createTable("zoned", { ts: "timestamp", n: "integer" }, [
        ["2026-07-01 09:59:59", 1],
        ["2026-07-01 10:00:00", 2],
        ["2026-07-01 11:00:00", 3],
      ]);
      // 10:00 to 11:00 in New York, in summer.
      const hour = world.select("n", "zoned", { startMs: Date.UTC(2026, 6, 1, 14), endMs: Date.UTC(2026, 6, 1, 15) });
      assert.deepEqual((await all(hour, "America/New_York")).rows, [[2]]);
    });

    test("texts come back as they are: quotes, emoji, right-to-left, 500 characters, line breaks", async () => {
      const texts = [`it's "quoted" \\ ; -- :start $1`, "😀 ☃ ä", "שלום", "x".repeat(500), "two\nlines\ttab", "", " "];
      await world.createTable("texts", { ts: "timestamp", t: "text" }, texts.map((text) => ["2026-03-01 10:00:00", text]));
      const { rows } = await all(world.select("t", "texts", RANGE));
      assert.deepEqual(sorted(rows), sorted(texts.map((text) => [text])));
    });

    test("a big result streams: batches of the size asked for, in bounded memory, bytes counted", async () => {
      await world.createBigTable(BIG_ROWS);
      const before = retainedBytes();
      let peak = 0;
      let batches = 0;
      let rows = 0;
      let bytes = 0;
      await using(async (source) => {
        for await (const batch of source.read(world.select("ts, n, filler", "big", RANGE), { rowsPerBatch: 1000, timeoutMs: 60_000 })) {
          assert.ok(batch.rows.length <= 1000);
          rows += batch.rows.length;
          bytes += batch.bytes;
          batches += 1;
          if (batches % 50 === 0) peak = Math.max(peak, retainedBytes() - before);
        }
      });
      assert.equal(rows, BIG_ROWS);
      assert.ok(bytes > BIG_ROWS * 100, `${bytes} bytes`);
      // The whole result is some 60 MB as text and more as cells; two batches are less than 1 MB.
      assert.ok(peak < 16e6, `${peak} bytes at once`);
    });

    test("pages: every row comes once, whether or not the last batch is full", async () => {
      await world.createTable("pages", { ts: "timestamp", n: "integer" }, Array.from({ length: 100 }, (_, n) => [`2026-03-01 10:00:${String(n % 60).padStart(2, "0")}`, n]));
      await using(async (source) => {
        for (const rowsPerBatch of [1, 7, 50, 99, 100, 101]) {
          const seen: number[] = [];
          for await (const batch of source.read(world.select("n", "pages", RANGE), { rowsPerBatch, timeoutMs: 60_000 })) {
            assert.ok(batch.rows.length > 0 && batch.rows.length <= rowsPerBatch, `${batch.rows.length} rows in a batch of ${rowsPerBatch}`);
            for (const [n] of batch.rows) seen.push(Number(n));
          }
          assert.deepEqual(seen.toSorted((a, b) => a - b), Array.from({ length: 100 }, (_, n) => n), `batches of ${rowsPerBatch}`);
        }
      });
    });

    test("a table that changed between two intervals is read as it is now; a column that went is told by its name", async () => {
      const row = ["2026-03-01 10:00:00", 1];
      await using(async (source) => {
        await world.createTable("moving", { ts: "timestamp", n: "integer" }, [row]);
        const before = await readAll(source, world.select("*", "moving", RANGE));
        assert.deepEqual(before.columns.map(({ name, type }) => [name, type]), [["ts", "timestamp"], ["n", "number"]]);
        await world.dropTable("moving");
        await world.createTable("moving", { ts: "timestamp", region: "text", n: "text" }, [["2026-03-01 10:00:00", "north", "one"]]);
        const after = await readAll(source, world.select("*", "moving", RANGE));
        assert.deepEqual(after.columns.map(({ name, type }) => [name, type]), [["ts", "timestamp"], ["region", "text"], ["n", "text"]]);
        assert.deepEqual(after.rows[0]!.slice(1), ["north", "one"]);
        await world.dropTable("moving");
        if (lacks.sql !== undefined) return;
        await world.createTable("moving", { ts: "timestamp", region: "text" }, [["2026-03-01 10:00:00", "north"]]);
        await assert.rejects(readAll(source, world.select("ts, n", "moving", RANGE)), isError("NOT_FOUND", { transient: false, message: /\bn\b/ }));
      });
    });

    test("describe gives the columns without reading a row", async () => {
      const asked = lacks.sql === undefined ? 'ts, n, n, n as "N"' : "ts, n, n";
      const columns = await using((source) => source.describe(world.select(asked, "big", RANGE)));
      assert.deepEqual(columns.map((column) => column.name), ["ts", "n", "n", ...(lacks.sql === undefined ? ["N"] : [])]);
    });

    test("tells the statement's id before the first row", async () => {
      const heard: string[] = [];
      await using(async (source) => {
        for await (const _ of source.read(world.select("n", "edges", RANGE), { rowsPerBatch: 1, timeoutMs: 10_000, onStatement: (id) => heard.push(`statement ${typeof id}`), onColumns: () => heard.push("columns") })) heard.push("rows");
      });
      assert.deepEqual([...new Set(heard)], ["statement string", "columns", "rows"]);
    });

    test("leaving in the middle ends the statement and leaves the source usable", async () => {
      await using(async (source) => {
        for await (const _ of source.read(world.select("n", "big", RANGE), { rowsPerBatch: 10, timeoutMs: 60_000 })) break;
        assert.equal(await world.runningStatements(), 0);
        assert.equal((await readAll(source, world.select("n", "edges", RANGE))).rows.length, 4);
      });
    });

    test("an abort cancels at the source, at once, and leaves nothing running", async () => {
      const abort = new AbortController();
      const begun = performance.now();
      setTimeout(() => abort.abort(), 300);
      await using(async (source) => {
        await assert.rejects(readAll(source, world.slowQuery, { signal: abort.signal }), isError("CANCELLED"));
      });
      assert.ok(performance.now() - begun < 10_000);
      assert.equal(await world.runningStatements(), 0);
    });

    test("an abort before the beginning sends nothing", async () => {
      await using(async (source) => {
        await assert.rejects(readAll(source, world.slowQuery, { signal: AbortSignal.abort() }), isError("CANCELLED"));
        assert.equal((await readAll(source, world.select("n", "edges", RANGE))).rows.length, 4);
      });
    });

    test("the time limit cancels at the source and says which limit it was", async () => {
      await using(async (source) => {
        await assert.rejects(readAll(source, world.slowQuery, { timeoutMs: 500 }), isError("TIMEOUT", { transient: true, message: /0\.5 s.*querySecondsMax/ }));
        assert.equal(await world.runningStatements(), 0);
        assert.equal((await readAll(source, world.select("n", "edges", RANGE))).rows.length, 4);
      });
    });

    if (lacks.sql === undefined) {
      test("a table or a column that isn't there is told by its name, as nothing that passes", async () => {
        await assert.rejects(all(world.select("n", "no_such_table", RANGE)), isError("NOT_FOUND", { transient: false, message: /no_such_table/ }));
        await assert.rejects(all(world.select("no_such_column", "edges", RANGE)), isError("NOT_FOUND", { transient: false, message: /no_such_column/ }));
      });

      test("a statement that the source refuses is an error of the query", async () => {
        await assert.rejects(all({ sql: "select from where", parameters: [] }), isError("QUERY", { transient: false }));
      });

      testAggregation(() => world, using, lacks);
    }

    if (lacks.server === undefined) {
      test("a wrong password is told as such, without the password", async () => {
        await assert.rejects(connectAndRead(world.wrongPassword), (error) => {
          isError("AUTHENTICATE", { transient: false })(error);
          assert.ok(!everythingIn(error).includes(WRONG_PASSWORD));
          return true;
        });
      });

      test("a table that may not be read is told by its name, with what to grant", async () => {
        await using(async (source) => {
          await assert.rejects(readAll(source, world.select("n", "edges", RANGE)), isError("PERMISSION", { transient: false, message: /edges/, advice: /GRANT/i }));
        }, "UTC", world.mayNotRead);
      });

      test("a source that is down is told as such, as something that may pass", async () => {
        await assert.rejects(connectAndRead(world.nobodyThere), isError("CONNECT", { transient: true }));
      });

      test("a connection that is cut in the middle is an error, never a shorter result", async () => {
        await using(async (source) => {
          let rows = 0;
          const reading = async (): Promise<void> => {
            for await (const batch of source.read(world.select("ts, n, filler", "big", RANGE), { rowsPerBatch: 100, timeoutMs: 30_000 })) {
              rows += batch.rows.length;
              if (rows === 1000) world.cuttable.cut();
            }
          };
          await assert.rejects(reading(), isError("INTERRUPTED", { transient: true }));
          assert.ok(rows < BIG_ROWS);
        }, "UTC", world.cuttable.settings);
      });
    }

    test("check finds that it connects and reads", async () => {
      const findings = await using((source) => source.check(world.select("ts, n", "edges", RANGE), "ts"));
      const levelOf = (check: string): string | undefined => findings.find((finding) => finding.check === check)?.level;
      assert.equal(levelOf("connects"), "ok");
      assert.equal(levelOf("reads"), "ok");
      assert.ok(findings.every((finding) => finding.level === "ok" || finding.advice !== null), JSON.stringify(findings));
    });

    test("check answers with a finding, not an error, when the query can't run", async () => {
      const findings = await using((source) => source.check(world.select("n", "no_such_table", RANGE), "ts"));
      const reads = findings.find((finding) => finding.check === "reads");
      assert.equal(reads?.level, lacks.sql === undefined ? "error" : "warning"); // files that don't exist may come
      assert.match(reads!.message, /no_such_table/);
    });

    test("closing twice is fine", async () => {
      const source = await connect(world.settings);
      await source.close();
      await assert.doesNotReject(source.close());
    });
  });
}

/** What is still in use after a collection of garbage: how much of it lies around at any moment is chance. */
function retainedBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)(); // the flag's function, without arguments
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** What `SourceWorld.wrongPassword` should resolve to, so that the suite can look for it in messages. */
export const WRONG_PASSWORD = "wrong-4711-password";

interface Read {
  readonly rows: (readonly Cell[])[];
  readonly columns: readonly Column[];
}

async function readAll(source: Source, query: BoundQuery, options: Partial<ReadOptions> = {}): Promise<Read> {
  const rows: (readonly Cell[])[] = [];
  let columns: readonly Column[] = [];
  const batches: AsyncIterable<RowBatch> = source.read(query, { rowsPerBatch: 1000, timeoutMs: 60_000, onColumns: (found) => (columns = found), ...options });
  for await (const batch of batches) rows.push(...batch.rows);
  return { rows, columns };
}

function isError(code: SourceErrorCode, expected: { transient?: boolean; message?: RegExp; advice?: RegExp } = {}): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof SourceError, `not a SourceError: ${String(error)}`);
    assert.equal(error.code, code, error.message);
    if (expected.transient !== undefined) assert.equal(error.transient, expected.transient, error.message);
    if (expected.message !== undefined) assert.match(error.message, expected.message);
    if (expected.advice !== undefined) assert.match(error.advice ?? "", expected.advice);
    return true;
  };
}

/** Message, advice, stack, fields and causes: all that a log may show. */
function everythingIn(error: unknown): string {
  const parts: string[] = [];
  for (let e = error; e instanceof Error; e = e.cause) parts.push(e.message, e.stack ?? "", JSON.stringify(e));
  return parts.join("\n");
}

function sorted(rows: readonly (readonly Cell[])[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}
