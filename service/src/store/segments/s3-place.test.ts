import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestKit } from "@foretop/test-kit";
import type { KitCredentials, PolicyDocument, TestKit } from "@foretop/test-kit";
import { afterAll, beforeAll, beforeEach, test } from "vitest";
import { awsAccess } from "../../aws/aws-access.ts";
import { Bucket } from "../../aws/bucket.ts";
import { SourceError } from "../../telemetry/errors.ts";
import { CachedPlace } from "./cached-place.ts";
import { openSegmentPlace, type SegmentSettings } from "./open-place.ts";
import { rawBucket } from "./raw-bucket.ts";
import { S3Place } from "./s3-place.ts";
import { testSegmentPlace } from "./segment-place-contract.ts";

const BUCKET = "segments";
const PREFIX = "foretop/";

let kit: TestKit;
let folder: string;
beforeAll(async () => {
  kit = await startTestKit({ s3PageKeysMax: 7 });
  folder = mkdtempSync(join(tmpdir(), "foretop-cache-"));
  kit.s3.createBucket(BUCKET);
});
afterAll(async () => {
  await kit.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  kit.faults.clear();
  kit.calls.clear();
  kit.s3.bucket(BUCKET).objects.clear();
  kit.s3.bucket(BUCKET).sortedKeys = null;
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});

async function bucketAs(keys: KitCredentials = kit.credentials, requestSecondsMax = 5): Promise<Bucket> {
  const access = await awsAccess({ region: kit.region, endpoint: kit.endpoint, credentials: "env:KEYS", requestSecondsMax }, { resolve: () => Promise.resolve(JSON.stringify(keys)) });
  return new Bucket(BUCKET, access);
}
const placeAs = async (keys?: KitCredentials, requestSecondsMax?: number) => new S3Place(await bucketAs(keys, requestSecondsMax), PREFIX);
const bytes = (text: string): Buffer => Buffer.from(text);
const objects = () => kit.s3.keys(BUCKET);

testSegmentPlace("S3", async () => {
  const own = await startTestKit({ s3PageKeysMax: 7 });
  own.s3.createBucket(BUCKET);
  own.s3.put(BUCKET, "elsewhere/d/1/a.parquet", "of somebody else");
  const settings: SegmentSettings = { kind: "s3", bucket: BUCKET, prefix: PREFIX, region: own.region, endpoint: own.endpoint, isPathStyle: null, credentials: "env:KEYS", cacheFolder: "", cacheMb: 0 };
  const secrets = { resolve: () => Promise.resolve(JSON.stringify(own.credentials)) };
  const [place, other] = [await openSegmentPlace(settings, secrets), await openSegmentPlace(settings, secrets)];
  return {
    place,
    other,
    raw: rawBucket(own, BUCKET, PREFIX),
    clear: () => own.s3.keys(BUCKET, PREFIX).forEach((key) => own.s3.delete(BUCKET, key)),
    async remove() {
      assert.equal(own.s3.get(BUCKET, "elsewhere/d/1/a.parquet").toString(), "of somebody else", "what lies beside the prefix is nobody's business");
      place.close();
      other.close();
      await own.stop();
    },
  };
});

testSegmentPlace("S3 with copies on this machine", async () => {
  const own = await startTestKit({ s3PageKeysMax: 100 });
  const cacheFolder = mkdtempSync(join(tmpdir(), "foretop-cache-"));
  own.s3.createBucket(BUCKET);
  const settings: SegmentSettings = { kind: "s3", bucket: BUCKET, prefix: "", region: own.region, endpoint: own.endpoint, isPathStyle: true, credentials: "env:KEYS", cacheFolder, cacheMb: 1 };
  const secrets = { resolve: () => Promise.resolve(JSON.stringify(own.credentials)) };
  const [place, other] = [await openSegmentPlace(settings, secrets), await openSegmentPlace(settings, secrets)];
  return {
    place,
    other,
    raw: rawBucket(own, BUCKET, ""),
    clear: () => own.s3.keys(BUCKET).forEach((key) => own.s3.delete(BUCKET, key)),
    async remove() {
      place.close();
      other.close();
      await own.stop();
      rmSync(cacheFolder, { recursive: true });
    },
  };
});

test("trouble that passes is waited out: errors, throttling, a cut connection, half a body", async () => {
  const place = await placeAs();
  for (const kind of ["error", "throttle", "cut"] as const) {
    kit.faults.add({ operation: "PutObject", kind, times: 2 });
    const written = await place.write(`d/${kind}.parquet`, [bytes(kind)]);
    kit.faults.add({ operation: "GetObject", kind, times: 2 });
    assert.equal(Buffer.from((await place.read(written))!).toString(), kind);
  }
  const large = await place.write("d/large.parquet", [Buffer.alloc(200_000, "x")]);
  kit.faults.add({ operation: "GetObject", kind: "half", times: 2 });
  assert.equal((await place.read(large))!.byteLength, 200_000);
});

test("an answer that is lost after S3 had done it: the next name is taken, and nothing is replaced", async () => {
  const place = await placeAs();
  kit.faults.add({ operation: "PutObject", kind: "lost-reply" });
  const written = await place.write("d/a.parquet", [bytes("a")]);
  assert.equal(written.path, "d/a-2.parquet");
  assert.deepEqual(objects(), ["foretop/d/a-2.parquet", "foretop/d/a.parquet"]);
});

test("S3 down: an error that passes, which says whose bucket and what becomes of it, and nothing is there", async () => {
  const place = await placeAs();
  kit.faults.add({ service: "s3", kind: "error", times: Infinity });
  await assert.rejects(place.write("d/a.parquet", [bytes("a")]), (error: SourceError) => {
    assert.ok(error instanceof SourceError);
    assert.equal(error.transient, true);
    assert.match(error.message, /^the segments' bucket: writing s3:\/\/segments\/foretop\/d\/a\.parquet failed/);
    assert.match(error.advice!, /tried again, nothing is lost/);
    return true;
  });
  kit.faults.clear();
  kit.faults.add({ operation: "GetObject", kind: "half", times: Infinity });
  const written = await place.write("d/a.parquet", [Buffer.alloc(200_000)]);
  await assert.rejects(place.read(written), (error: SourceError) => error.transient && /reading s3:/.test(error.message));
  kit.faults.clear();
  const impatient = await placeAs(undefined, 0.2);
  kit.faults.add({ operation: "PutObject", kind: "hang", times: Infinity });
  await assert.rejects(impatient.write("d/b.parquet", [bytes("b")]), (error: SourceError) => error.transient && error.code === "TIMEOUT");
  assert.deepEqual(objects(), ["foretop/d/a.parquet"]);
});

test("bytes that do not fit their checksum are refused by S3 as a whole", async () => {
  const bucket = await bucketAs();
  const wrong = Buffer.alloc(32).toString("base64");
  await assert.rejects(bucket.putNew("d/a.parquet", bytes("a"), wrong), (error: SourceError) => error.code === "INTERRUPTED" && error.transient);
  assert.deepEqual(objects(), []);
});

/** The policy that the page of segments shows, for this bucket and prefix. */
function documentedPolicy(): PolicyDocument {
  const page = readFileSync(new URL("../../../../docs/operate/segments.md", import.meta.url), "utf8");
  const [, text] = /```json\n(\{[^`]*"s3:PutObject"[^`]*\})\n```/.exec(page)!;
  return JSON.parse(text!.replaceAll("my-bucket", BUCKET)) as PolicyDocument; // our own page, whose bucket is that of its example
}

async function everything(place: S3Place): Promise<void> {
  const written = await place.write("d/a.parquet", [bytes("a")]);
  await place.read(written);
  await place.read({ ...written, path: "d/none.parquet" });
  await place.touch([written.path]);
  await place.isEmpty();
  for await (const files of place.list()) await place.remove(files.map(({ path }) => path));
  const restoring = await place.beginRestore();
  await restoring.put("d/a.parquet", bytes("a"));
  await restoring.finish();
}

test("the documented policy is enough for everything, and each of its actions is needed", async () => {
  const policy = documentedPolicy();
  await everything(await placeAs(kit.addUser("segments", policy)));
  for (const { Action } of policy.Statement) {
    for (const action of [Action].flat()) {
      const without = { ...policy, Statement: policy.Statement.map((statement) => ({ ...statement, Action: [statement.Action].flat().filter((each) => each !== action) })) };
      await assert.rejects(everything(await placeAs(kit.addUser(`without ${action}`, without))), (error: SourceError) => error.code === "PERMISSION" && error.advice!.includes(action), action);
    }
  }
});

test("copies: what was written or read is not fetched again; a damaged copy is, and so is one that is gone", async () => {
  const place = new CachedPlace(await placeAs(), { folder, bytesMax: 100_000 });
  const written = await place.write("d/a.parquet", [bytes("a"), bytes("b")]);
  const read = async () => Buffer.from((await place.read(written))!).toString();
  assert.equal(await read(), "ab");
  assert.equal(kit.calls.of("GetObject").length, 0);
  writeFileSync(join(folder, written.sha256), "ax");
  assert.equal(await read(), "ab");
  assert.equal(await read(), "ab");
  assert.equal(kit.calls.of("GetObject").length, 1);
  rmSync(folder, { recursive: true });
  assert.equal(await read(), "ab");
  assert.equal(await read(), "ab");
  assert.equal(kit.calls.of("GetObject").length, 2);
});

test("copies: a damaged object is never kept, and told as it is", async () => {
  const place = new CachedPlace(await placeAs(), { folder, bytesMax: 100_000 });
  const written = await (await placeAs()).write("d/a.parquet", [bytes("a")]);
  kit.s3.put(BUCKET, "foretop/d/a.parquet", "damaged");
  assert.equal(Buffer.from((await place.read(written))!).toString(), "damaged");
  assert.deepEqual(readdirSync(folder), []);
});

test("copies: no more than the bound, what was used longest ago goes first, and a large file pushes out nothing", async () => {
  const place = new CachedPlace(await placeAs(), { folder, bytesMax: 10_000 });
  const written = [];
  for (let i = 0; i < 25; i++) {
    written.push(await place.write(`d/${i}.parquet`, [Buffer.alloc(1_000, `${i} `)]));
    assert.ok(readdirSync(folder).length <= 11, `${readdirSync(folder).length} copies`);
  }
  await place.write("d/large.parquet", [Buffer.alloc(9_000, "large")]);
  const kept = readdirSync(folder);
  assert.ok(kept.includes(written.at(-1)!.sha256) && !kept.includes(written[0]!.sha256));
  assert.ok(kept.length >= 8 && kept.length <= 10);
});

test("copies: a folder that can't be written is only slower", async () => {
  writeFileSync(join(folder, "file"), "");
  const place = new CachedPlace(await placeAs(), { folder: join(folder, "file"), bytesMax: 10_000 });
  const written = await place.write("d/a.parquet", [bytes("a")]);
  assert.equal(Buffer.from((await place.read(written))!).toString(), "a");
});
