/** The connector of the simulated world: rows of its table as they are at the time of the statement, and the faults of networks. */
import { z } from "zod";
import type { BoundQuery, Column, Connector, ReadOptions, RowBatch } from "../../src/connectors/connector.ts";
import { injectedSourceError } from "./injected.ts";
import type { SimProcess } from "./sim-process.ts";

const COLUMNS: readonly Column[] = [
  { name: "ts", type: "timestamptz", nativeType: "timestamptz" },
  { name: "region", type: "text", nativeType: "text" },
  { name: "product", type: "text", nativeType: "text" },
  { name: "amount", type: "number", nativeType: "integer" },
  { name: "price", type: "number", nativeType: "integer" },
];

export function simConnector(process: SimProcess): Connector {
  return {
    kind: "simulated",
    settings: z.strictObject({}),
    dialect: "postgres",
    async open() {
      const { weather, random } = process.world;
      await process.call("source.open", () =>
        random() < weather.sourceFails ? Promise.reject(failure(random())) : Promise.resolve(),
      );
      return {
        dialect: "postgres",
        describe: () => Promise.resolve(COLUMNS),
        read: (query, options) => read(process, query, options),
        check: () => Promise.resolve([]),
        close: () => Promise.resolve(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}

let statements = 0;

async function* read(process: SimProcess, { parameters }: BoundQuery, { timeoutMs, onStatement, onColumns }: ReadOptions): AsyncGenerator<RowBatch> {
  const { world, random, scheduler } = process;
  const { weather } = world;
  const [startMs, endMs] = parameters;
  // One statement sees the rows of one instant, however long they take to come.
  const rows = await process.call("source.statement", () => Promise.resolve(world.plants.rows({ startMs, endMs }, scheduler.nowMs)));
  if (random() < weather.sourceHangs) {
    await process.call("source.hangs", () => Promise.reject(injectedSourceError("TIMEOUT", true)), { wakeMs: scheduler.nowMs + timeoutMs });
  }
  if (random() < weather.sourceFails / 2) throw failure(random());
  onStatement?.(`statement-${++statements}`);
  onColumns?.(COLUMNS);
  const isCut = random() < weather.sourceCuts;
  const half = Math.ceil(rows.length / 2);
  for (const part of [rows.slice(0, half), rows.slice(half)]) {
    if (random() < weather.sourceSlow) await process.call("source.slow", () => Promise.resolve(), { wakeMs: scheduler.nowMs + Math.floor(random() * 60_000) });
    yield {
      rows: part.map(({ ts, region, product, amount, price }) => [new Date(ts).toISOString(), region, product, amount, price]),
      bytes: part.length * 40,
    };
    if (isCut) throw injectedSourceError("INTERRUPTED", true);
  }
}

function failure(chance: number): Error {
  if (chance < 0.7) return injectedSourceError("CONNECT", true);
  return chance < 0.85 ? injectedSourceError("PERMISSION", false) : injectedSourceError("QUERY", false);
}
