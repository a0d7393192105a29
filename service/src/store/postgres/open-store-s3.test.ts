/** What a store does with segments, with the segments in a bucket. */
import { startTestKit } from "@foretop/test-kit";
import { runOn, testDatabase } from "../../../test/postgres.ts";
import { silentLogger } from "../../telemetry/logger.ts";
import { openSegmentPlace } from "../segments/open-place.ts";
import { rawBucket } from "../segments/raw-bucket.ts";
import { testStore } from "../store-contract.ts";
import { openPostgresStore } from "./open-store.ts";

const BUCKET = "segments";

testStore(
  "PostgreSQL and S3",
  async () => {
    const [database, kit] = [await testDatabase(), await startTestKit({ s3PageKeysMax: 7 })];
    kit.s3.createBucket(BUCKET);
    const raw = rawBucket(kit, BUCKET, "foretop/");
    return {
      raw,
      async open() {
        const segments = await openSegmentPlace(
          { kind: "s3", bucket: BUCKET, prefix: "foretop/", region: kit.region, endpoint: kit.endpoint, isPathStyle: null, credentials: "env:KEYS", cacheFolder: "", cacheMb: 0 },
          { resolve: () => Promise.resolve(JSON.stringify(kit.credentials)) },
        );
        return openPostgresStore({ databaseUrl: database.url, segments, log: silentLogger });
      },
      async clear() {
        await runOn(database.url, "delete from foretop.detectors; delete from foretop.detector_names; delete from foretop.statements; delete from foretop.audit");
        for (const path of raw.paths()) raw.remove(path);
      },
      async remove() {
        await kit.stop();
        await database.drop();
      },
    };
  },
  ["segments", "expiry"],
);
