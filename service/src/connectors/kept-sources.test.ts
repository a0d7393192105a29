import { strict as assert } from "node:assert";
import { test } from "vitest";
import { z } from "zod";
import { SourceError } from "../telemetry/errors.ts";
import type { Connector, Source, SourceContext } from "./connector.ts";
import { keptSources } from "./kept-sources.ts";

/** Counts what is opened and closed; `fails` makes the next reading break. */
function countingConnector() {
  const state = { opened: 0, closed: 0, fails: false };
  const connector: Connector = {
    kind: "counting",
    dialect: "postgres",
    settings: z.unknown(),
    async open() {
      state.opened += 1;
      const source: Source = {
        dialect: "postgres",
        describe: () => Promise.resolve([]),
        check: () => Promise.resolve([]),
        async *read() {
          yield { rows: [[1]], bytes: 8 };
          if (state.fails) throw new SourceError("cut", { code: "INTERRUPTED", transient: true });
          yield { rows: [[2]], bytes: 8 };
        },
        close: () => Promise.resolve(void (state.closed += 1)),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
      return source;
    },
  };
  return { connector, state };
}

const context: SourceContext = { zone: "UTC", secrets: { resolve: (reference) => Promise.resolve(reference) } };
const query = { sql: "select 1", parameters: [] };
const options = { rowsPerBatch: 10, timeoutMs: 1000 };

async function readAll(connector: Connector, settings: unknown = {}): Promise<number> {
  const source = await connector.open(settings, context);
  let rows = 0;
  try {
    for await (const batch of source.read(query, options)) rows += batch.rows.length;
  } finally {
    await source.close();
  }
  return rows;
}

test("readings one after the other share a connection, with the same settings and zone only", async () => {
  const { connector, state } = countingConnector();
  const kept = keptSources([connector]);
  for (let i = 0; i < 5; i++) assert.equal(await readAll(kept.connectors[0]!), 2);
  assert.equal(state.opened, 1);
  await readAll(kept.connectors[0]!, { database: "other" });
  assert.equal(state.opened, 2);
  await kept.close();
  assert.equal(state.closed, 2);
});

test("two readings at the same time have a connection each", async () => {
  const { connector, state } = countingConnector();
  const kept = keptSources([connector]);
  await Promise.all([readAll(kept.connectors[0]!), readAll(kept.connectors[0]!)]);
  assert.equal(state.opened, 2);
  await kept.close();
});

test("a connection whose reading failed or was left in the middle is closed, not kept", async () => {
  const { connector, state } = countingConnector();
  const kept = keptSources([connector]);
  state.fails = true;
  await assert.rejects(readAll(kept.connectors[0]!), /cut/);
  assert.equal(state.closed, 1);
  state.fails = false;
  const source = await kept.connectors[0]!.open({}, context);
  for await (const _ of source.read(query, options)) break;
  await source.close();
  assert.equal(state.closed, 2);
  await kept.close();
});

test("an idle connection is closed after a while, and everything at the end", async () => {
  const { connector, state } = countingConnector();
  const kept = keptSources([connector], { idleMs: 20 });
  await readAll(kept.connectors[0]!);
  assert.equal(state.closed, 0);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(state.closed, 1);
  await kept.close();
  await readAll(kept.connectors[0]!);
  assert.equal(state.closed, 2, "after the end nothing is kept");
});
