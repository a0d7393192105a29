/** The ledger against a model of a dozen lines: whatever is opened and closed in whatever order, both say the same. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, test } from "vitest";
import { testDatabase, type TestDatabase } from "../../../test/postgres.ts";
import { silentLogger } from "../../telemetry/logger.ts";
import { aConfig, HEAD_MS, HOUR_MS } from "../store-fixtures.ts";
import type { LedgerAttempt, Store } from "../store.ts";
import { openPostgresStore } from "./open-store.ts";

let database: TestDatabase;
let store: Store;
const folder = mkdtempSync(join(tmpdir(), "foretop-ledger-"));
beforeAll(async () => {
  database = await testDatabase();
  store = await openPostgresStore({ databaseUrl: database.url, segments: folder, log: silentLogger });
});
afterAll(async () => {
  await store.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

type Purpose = LedgerAttempt["purpose"];
type Step =
  | { readonly do: "open"; readonly hour: number; readonly length: number; readonly purpose: Purpose; readonly generation: number }
  | { readonly do: "close"; readonly which: number; readonly outcome: LedgerAttempt["outcome"]; readonly rows: number }
  | { readonly do: "name"; readonly which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("open" as const),
    hour: fc.integer({ min: 0, max: 2 }),
    length: fc.integer({ min: 1, max: 2 }),
    purpose: fc.constantFrom<Purpose>("live", "live", "late", "rerun", "history"),
    generation: fc.integer({ min: 1, max: 2 }),
  }),
  fc.record({ do: fc.constant("close" as const), which: fc.nat(20), outcome: fc.constantFrom<LedgerAttempt["outcome"]>("succeeded", "succeeded", "failed", "cancelled", "incomplete"), rows: fc.nat(1000) }),
  fc.record({ do: fc.constant("name" as const), which: fc.nat(20) }),
);

type Modelled = Pick<LedgerAttempt, "id" | "generation" | "purpose" | "interval" | "attempt" | "outcome" | "rows" | "statementId" | "startedMs" | "endedMs">;

let runs = 0;

test("attempts count up per interval, the one before is given up, what has ended never changes, and the newest good reading counts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const { id: detectorId } = await store.detectors.create(aConfig(`ledger-${++runs}`), "hash", HEAD_MS);
      const model: Modelled[] = [];
      for (const [i, each] of steps.entries()) {
        const nowMs = HEAD_MS + i;
        if (each.do === "open") {
          const { generation, purpose } = each;
          const interval = { startMs: HEAD_MS + each.hour * HOUR_MS, endMs: HEAD_MS + (each.hour + each.length) * HOUR_MS };
          const opened = await store.ledger.open({ detectorId, generation, purpose, interval, statement: "select 1", parameters: [], queryHash: "q", startedMs: nowMs });
          const same = (m: Modelled): boolean => m.generation === generation && m.interval.startMs === interval.startMs && m.interval.endMs === interval.endMs;
          for (const m of model) {
            if (m.outcome === "running" && m.generation === generation && (same(m) || (purpose === "late" && m.purpose === "late"))) Object.assign(m, { outcome: "abandoned", endedMs: nowMs });
          }
          const attempt = model.filter(same).length + 1;
          assert.equal(opened.id, `${detectorId}:${generation}:${interval.startMs}-${interval.endMs}:${attempt}`);
          model.push({ id: opened.id, generation, purpose, interval, attempt, outcome: "running", rows: 0, statementId: null, startedMs: nowMs, endedMs: null });
          continue;
        }
        const one = model[each.which % Math.max(1, model.length)];
        if (one === undefined) continue;
        if (each.do === "name") {
          await store.ledger.setStatementId(one.id, `statement ${i}`);
          if (one.outcome === "running") Object.assign(one, { statementId: `statement ${i}` });
          continue;
        }
        const wasRunning = await store.ledger.close(one.id, { outcome: each.outcome, errorCode: null, error: null, transient: null, rows: each.rows, bytes: 0, maxTimestampMs: nowMs, endedMs: nowMs });
        assert.equal(wasRunning, one.outcome === "running");
        if (wasRunning) Object.assign(one, { outcome: each.outcome, rows: each.rows, endedMs: nowMs });
      }
      const listed = await store.ledger.list(detectorId, { limit: 100 });
      assert.deepEqual(listed.map(pick).sort(byId), [...model].sort(byId));
      for (let n = 1; n < listed.length; n++) assert.ok(listed[n - 1]!.interval.startMs >= listed[n]!.interval.startMs);
      assert.deepEqual(await store.ledger.list(detectorId, { startMs: HEAD_MS + HOUR_MS, endMs: HEAD_MS + 2 * HOUR_MS, limit: 3 }), listed.filter(({ interval }) => interval.startMs === HEAD_MS + HOUR_MS).slice(0, 3));
      for (const generation of [1, 2]) assert.deepEqual((await store.ledger.recentRowCounts(detectorId, generation, 2)).map(({ startMs, rows }) => [startMs, rows]), countsOf(model, generation).slice(0, 2));
    }),
    { numRuns: 40, seed: 20261123 },
  );
});

/** Of each start the good reading with the highest attempt; starts newest first. */
function countsOf(model: readonly Modelled[], generation: number): [number, number][] {
  const good = model.filter((m) => m.generation === generation && m.outcome === "succeeded" && (m.purpose === "live" || m.purpose === "history"));
  const starts = [...new Set(good.map(({ interval }) => interval.startMs))].sort((a, b) => b - a);
  return starts.map((startMs) => {
    const ofStart = good.filter(({ interval }) => interval.startMs === startMs);
    const most = Math.max(...ofStart.map(({ attempt }) => attempt));
    return [startMs, ofStart.find(({ attempt }) => attempt === most)!.rows];
  });
}

function pick({ id, generation, purpose, interval, attempt, outcome, rows, statementId, startedMs, endedMs }: LedgerAttempt): Modelled {
  return { id, generation, purpose, interval, attempt, outcome, rows, statementId, startedMs, endedMs };
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}
