/** The state that an older Foretop left is opened by this one: nothing of it is lost, and it goes on. See make-fixture.ts. */
import { strict as assert } from "node:assert";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { exportChannel } from "../../src/channels/export/export.ts";
import type { Channel } from "../../src/channels/channel.ts";
import type { Connector } from "../../src/connectors/connector.ts";
import { postgresConnector } from "../../src/connectors/postgres/postgres.ts";
import { nextDueMs } from "../../src/crawl/due-intervals.ts";
import { runDue } from "../../src/jobs/run-due.ts";
import { openSystem, type OpenSystem } from "../../src/open-system.ts";
import { verifyEvidence } from "../../src/pipeline/gather-evidence.ts";
import { backfill } from "../../src/pipeline/reread-late.ts";
import type { Detector } from "../../src/resources/detector.ts";
import { restore } from "../../src/store/backup/restore.ts";
import { FolderPlace } from "../../src/store/segments/folder-place.ts";
import { VirtualClock } from "../../src/telemetry/clock.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { DETECTOR_NAME, fillWarehouse, HOUR, LIVE_FROM_MS, LIVE_UNTIL_MS, warehouseSecret } from "../kill/world.ts";
import { runOn, testDatabase, type TestDatabase } from "../postgres.ts";
import { saidOf, type Said } from "./said-of.ts";

const HERE = new URL(".", import.meta.url);
const VERSIONS = readdirSync(HERE).filter((name) => statSync(new URL(name, HERE)).isDirectory());

describe.each(VERSIONS)("opening what %s left", (version) => {
  const was = JSON.parse(readFileSync(new URL(`${version}/said.json`, HERE), "utf8")) as Said & { nowMs: number };
  let state: TestDatabase;
  let source: TestDatabase;
  let homeFolder: string;
  let open: OpenSystem;
  let clock: VirtualClock;
  const detector = async (): Promise<Detector> => (await open.system.store.detectors.getByName(DETECTOR_NAME))!;

  beforeAll(async () => {
    [state, source] = [await testDatabase(), await testDatabase()];
    homeFolder = mkdtempSync(join(tmpdir(), "foretop-upgrade-"));
    mkdirSync(join(homeFolder, "secrets"), { mode: 0o700 });
    writeFileSync(join(homeFolder, "secrets", "warehouse.json"), warehouseSecret(source.url), { mode: 0o600 });
    await fillWarehouse(source.url);
    const file = new URL(`${version}/backup.tar`, HERE).pathname;
    // As the older version's tables: only opening brings them up to date.
    await restore({ databaseUrl: state.url, segments: new FolderPlace(join(homeFolder, "segments")), file });
    clock = new VirtualClock(was.nowMs);
    open = await openSystem({ homeFolder, databaseUrl: state.url, connectors: [postgresConnector as Connector], channels: [exportChannel as Channel], clock, log: silentLogger, consoleUrl: "http://127.0.0.1:7311", threads: 1 });
  });
  afterAll(async () => {
    await open?.close();
    await state?.drop();
    await source?.drop();
    rmSync(homeFolder, { recursive: true, force: true });
  });

  test("everything that version said is said again: series, points, bands, intervals, revisions of groups, messages", async () => {
    assert.ok(was.groups.length > 3 && was.deliveries.length > 0 && was.points.length > 500, "the fixture is worth opening");
    const { nowMs: _now, version: _version, ...said } = was as Said & { nowMs: number; version: string };
    assert.deepEqual(await saidOf(open.system, (await detector()).id), said);
  });

  test("what was known then can be asked, though that version could not", async () => {
    const { id } = await detector();
    const { store } = open.system;
    const beforeMs = LIVE_FROM_MS + 3 * HOUR; // the late rows of the second hour had not come
    const startMs = LIVE_FROM_MS + HOUR;
    assert.equal((await store.intervals.get(id, startMs, beforeMs))!.version, 1);
    assert.equal((await store.intervals.get(id, startMs))!.version, 2);
    const then = await store.groups.list({ detectorId: id, asOfMs: beforeMs, limit: 100 });
    assert.ok(then.groups.some(({ group }) => group.startMs === startMs && group.status === "open"));
    assert.ok((await store.deliveries.list({ asOfMs: beforeMs, limit: 100 })).length > 0);
    const revisions = (await runOn(state.url, "select status, body->'group'->>'status' as said, severity, (body->'group'->>'severity')::float8 as severe from foretop.group_revisions")) as { status: string; said: string; severity: number; severe: number }[];
    for (const { status, said, severity, severe } of revisions) assert.deepEqual([status, severity], [said, severe]);
  });

  test("evidence of its groups is still gathered, and the states it left judge as they did", async () => {
    const now = await detector();
    const { groups } = await open.system.store.groups.list({ detectorId: now.id, limit: 100 });
    for (const group of groups) {
      const { differences, evidence } = await verifyEvidence(group, now, open.system);
      assert.ok(evidence.series.length > 0);
      assert.deepEqual(differences, [], group.headline);
    }
  });

  test("it goes on: the next hours are judged, and its past is corrected", async () => {
    for (let now = await detector(); now.headMs! < LIVE_UNTIL_MS; now = await detector()) {
      clock.advanceTo(nextDueMs(now)!);
      assert.equal((await runDue(open.system)).failed, 0);
    }
    const hour = `ts >= to_timestamp(${LIVE_FROM_MS / 1000}) and ts < to_timestamp(${(LIVE_FROM_MS + HOUR) / 1000})`;
    await runOn(source.url, `update orders set revenue = revenue * 3 where ${hour}`);
    const report = await backfill(await detector(), { startMs: LIVE_FROM_MS, endMs: LIVE_FROM_MS + 2 * HOUR }, open.system);
    assert.ok(report.intervalsChanged > 1);
    assert.equal(report.reason, "rows were corrected");
  });
});
