/** The official client against the kit's S3. What is expected of the answers comes from the pages cited beside the code. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestKit } from "../start-test-kit.ts";
import type { TestKit } from "../start-test-kit.ts";

let kit: TestKit;
let s3: S3Client;
beforeAll(async () => {
  kit = await startTestKit();
  s3 = client();
});
afterAll(async () => {
  s3.destroy();
  await kit.stop();
});
beforeEach(() => {
  kit.faults.clear();
  kit.calls.clear();
  kit.s3.buckets.clear();
  kit.s3.createBucket("data");
});

function client(config: S3ClientConfig = {}): S3Client {
  return new S3Client({ endpoint: kit.endpoint, region: kit.region, credentials: kit.credentials, forcePathStyle: true, maxAttempts: 1, ...config });
}
const put = (Key: string, Body: string | Buffer = "x", more = {}) => s3.send(new PutObjectCommand({ Bucket: "data", Key, Body, ...more }));
const get = async (Key: string, more = {}): Promise<string> => (await s3.send(new GetObjectCommand({ Bucket: "data", Key, ...more }))).Body!.transformToString();
const rejects = (work: Promise<unknown>, name: string | null, status?: number) =>
  assert.rejects(work, (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
    if (name !== null) assert.equal(error.name, name, error.message); // null: an answer without a body has no name
    if (status !== undefined) assert.equal(error.$metadata?.httpStatusCode, status);
    return true;
  });

test("an object comes back as it was put: bytes, type, metadata, etag, length", async () => {
  const body = randomBytes(100_000);
  const { ETag } = await put("a/b c+d&ü😀.bin", body, { ContentType: "text/csv", ContentEncoding: "gzip", Metadata: { who: "me" } });
  assert.equal(ETag, `"${createHash("md5").update(body).digest("hex")}"`);
  const answer = await s3.send(new GetObjectCommand({ Bucket: "data", Key: "a/b c+d&ü😀.bin" }));
  assert.deepEqual(Buffer.from(await answer.Body!.transformToByteArray()), body);
  assert.deepEqual([answer.ContentType, answer.ContentEncoding, answer.Metadata, answer.ContentLength, answer.ETag], ["text/csv", "gzip", { who: "me" }, 100_000, ETag]);
  const head = await s3.send(new HeadObjectCommand({ Bucket: "data", Key: "a/b c+d&ü😀.bin" }));
  assert.deepEqual([head.ContentLength, head.ETag], [100_000, ETag]);
});

test("a stream, sent in chunks with a trailing checksum, arrives whole and without its framing", async () => {
  const body = randomBytes(300_000);
  await s3.send(new PutObjectCommand({ Bucket: "data", Key: "stream", Body: Readable.from([body.subarray(0, 70_000), body.subarray(70_000)]), ContentLength: body.length }));
  assert.ok(kit.s3.get("data", "stream").equals(body));
  assert.equal(kit.s3.object("data", "stream").headers["content-encoding"], undefined);
});

test("each kind of checksum is verified, kept and told", async () => {
  for (const algorithm of ["CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"] as const) {
    const answer = await put(algorithm, "123456789", { ChecksumAlgorithm: algorithm });
    const read = await s3.send(new GetObjectCommand({ Bucket: "data", Key: algorithm, ChecksumMode: "ENABLED" }));
    assert.equal(await read.Body!.transformToString(), "123456789");
    assert.deepEqual([read[`Checksum${algorithm}`], answer[`Checksum${algorithm}`]], [CHECK_VALUES[algorithm], CHECK_VALUES[algorithm]]);
  }
  await rejects(put("wrong", "123456789", { ChecksumSHA256: CHECK_VALUES.SHA1 }), "BadDigest", 400);
  await rejects(put("wrong", "123456789", { ContentMD5: Buffer.alloc(16).toString("base64") }), "BadDigest", 400);
  assert.deepEqual(kit.s3.keys("data", "wrong"), []);
});

/** Of "123456789": the check values in the catalogue of CRC algorithms (reveng), and sha1sum, sha256sum. */
const CHECK_VALUES = {
  CRC32: Buffer.from("cbf43926", "hex").toString("base64"),
  CRC32C: Buffer.from("e3069283", "hex").toString("base64"),
  CRC64NVME: Buffer.from("ae8b14860a799888", "hex").toString("base64"),
  SHA1: Buffer.from("f7c3bc1d808e04732adf679965ccc34ca7ae3441", "hex").toString("base64"),
  SHA256: Buffer.from("15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225", "hex").toString("base64"),
};

test("ranges: from–to, from, the last; beyond the end is 416", async () => {
  await put("digits", "0123456789");
  assert.equal(await get("digits", { Range: "bytes=2-4" }), "234");
  assert.equal(await get("digits", { Range: "bytes=7-" }), "789");
  assert.equal(await get("digits", { Range: "bytes=-3" }), "789");
  assert.equal(await get("digits", { Range: "bytes=8-100" }), "89");
  const { ContentRange, $metadata } = await s3.send(new GetObjectCommand({ Bucket: "data", Key: "digits", Range: "bytes=0-0" }));
  assert.deepEqual([ContentRange, $metadata.httpStatusCode], ["bytes 0-0/10", 206]);
  await rejects(get("digits", { Range: "bytes=10-" }), "InvalidRange", 416);
});

test("conditions: a changed or unchanged object, a key that must not be there yet", async () => {
  const { ETag } = await put("c", "1", { IfNoneMatch: "*" });
  await rejects(put("c", "2", { IfNoneMatch: "*" }), "PreconditionFailed", 412);
  await rejects(put("c", "2", { IfMatch: '"0123"' }), "PreconditionFailed", 412);
  await put("c", "2", { IfMatch: ETag });
  assert.equal(await get("c"), "2");
  await rejects(get("c", { IfMatch: ETag }), "PreconditionFailed", 412);
  await rejects(get("c", { IfNoneMatch: kit.s3.object("data", "c").etag }), null, 304);
  await rejects(get("c", { IfModifiedSince: new Date(Date.now() + 60_000) }), null, 304);
});

test("listing: 1,000 keys a page at most, in the order of bytes, with a token to go on", async () => {
  for (let i = 0; i < 2345; i++) kit.s3.put("data", `p/${String(i).padStart(5, "0")}`, "");
  const pages: string[][] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: "data", Prefix: "p/" })) pages.push(page.Contents!.map(({ Key }) => Key!));
  assert.deepEqual(pages.map((page) => page.length), [1000, 1000, 345]);
  assert.deepEqual(pages.flat(), kit.s3.keys("data", "p/"));
  const huge = await s3.send(new ListObjectsV2Command({ Bucket: "data", MaxKeys: 5000 }));
  assert.deepEqual([huge.KeyCount, huge.IsTruncated], [1000, true]);
  await rejects(s3.send(new ListObjectsV2Command({ Bucket: "data", ContinuationToken: "made up" })), "InvalidArgument", 400);
});

test("listing: a delimiter rolls folders up, each counts as one key, over pages too", async () => {
  for (const key of ["a", "b/1", "b/2", "b/c/3", "d/4", "e", "z \"&<é😀"]) kit.s3.put("data", key, "");
  const seen: string[] = [];
  for await (const { Contents, CommonPrefixes } of paginateListObjectsV2({ client: s3 }, { Bucket: "data", Delimiter: "/", MaxKeys: 2 })) {
    seen.push(...(Contents ?? []).map(({ Key }) => Key!), ...(CommonPrefixes ?? []).map(({ Prefix }) => Prefix!));
  }
  assert.deepEqual(seen.toSorted(), ["a", "b/", "d/", "e", "z \"&<é😀"]);
  const below = await s3.send(new ListObjectsV2Command({ Bucket: "data", Delimiter: "/", Prefix: "b/" }));
  assert.deepEqual([below.Contents!.map(({ Key }) => Key), below.CommonPrefixes!.map(({ Prefix }) => Prefix)], [["b/1", "b/2"], ["b/c/"]]);
  const after = await s3.send(new ListObjectsV2Command({ Bucket: "data", StartAfter: "d/4" }));
  assert.deepEqual(after.Contents!.map(({ Key }) => Key), ["e", "z \"&<é😀"]);
  const first = await s3.send(new ListObjectsCommand({ Bucket: "data", MaxKeys: 2 }));
  assert.deepEqual([first.IsTruncated, first.Contents!.map(({ Key }) => Key)], [true, ["a", "b/1"]]);
  const next = await s3.send(new ListObjectsCommand({ Bucket: "data", Marker: "b/1" }));
  assert.equal(next.Contents![0]!.Key, "b/2");
});

test("deleting: one, many at once, one that isn't there", async () => {
  for (const key of ["1", "2", "3"]) kit.s3.put("data", key, "");
  await s3.send(new DeleteObjectCommand({ Bucket: "data", Key: "1" }));
  await s3.send(new DeleteObjectCommand({ Bucket: "data", Key: "never there" }));
  const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket: "data", Delete: { Objects: [{ Key: "2" }, { Key: "<&>" }] } }));
  assert.deepEqual(Deleted!.map(({ Key }) => Key), ["2", "<&>"]);
  assert.deepEqual(kit.s3.keys("data"), ["3"]);
  const many = Array.from({ length: 1001 }, (_, i) => ({ Key: String(i) }));
  await rejects(s3.send(new DeleteObjectsCommand({ Bucket: "data", Delete: { Objects: many } })), "MalformedXML", 400);
});

test("copying keeps the metadata, or replaces it", async () => {
  await put("from here", "body", { Metadata: { a: "1" }, ContentType: "text/plain" });
  await s3.send(new CopyObjectCommand({ Bucket: "data", Key: "to", CopySource: "data/from%20here" }));
  assert.deepEqual([await get("to"), kit.s3.object("data", "to").headers["x-amz-meta-a"]], ["body", "1"]);
  await s3.send(new CopyObjectCommand({ Bucket: "data", Key: "to", CopySource: "data/to", MetadataDirective: "REPLACE", Metadata: { b: "2" } }));
  assert.deepEqual([kit.s3.object("data", "to").headers["x-amz-meta-a"], kit.s3.object("data", "to").headers["x-amz-meta-b"]], [undefined, "2"]);
  await rejects(s3.send(new CopyObjectCommand({ Bucket: "data", Key: "x", CopySource: "data/nothing" })), "NoSuchKey", 404);
});

test("an upload in parts: lib-storage's, and by hand with the limits", async () => {
  const body = randomBytes(12 * 1024 ** 2);
  await new Upload({ client: s3, params: { Bucket: "data", Key: "big", Body: Readable.from([body]) } }).done();
  assert.ok(kit.s3.get("data", "big").equals(body));
  assert.match(kit.s3.object("data", "big").etag, /^"[0-9a-f]{32}-3"$/);

  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: "data", Key: "parts", ContentType: "text/x" }));
  const target = { Bucket: "data", Key: "parts", UploadId };
  const small = await s3.send(new UploadPartCommand({ ...target, PartNumber: 1, Body: "too small" }));
  const second = await s3.send(new UploadPartCommand({ ...target, PartNumber: 2, Body: "end" }));
  const complete = (Parts: { PartNumber: number; ETag: string | undefined }[]) => s3.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } }));
  await rejects(complete([{ PartNumber: 1, ETag: small.ETag }, { PartNumber: 2, ETag: second.ETag }]), "EntityTooSmall", 400);
  await rejects(complete([{ PartNumber: 3, ETag: small.ETag }]), "InvalidPart", 400);
  const first = await s3.send(new UploadPartCopyCommand({ ...target, PartNumber: 1, CopySource: "data/big", CopySourceRange: `bytes=0-${5 * 1024 ** 2 - 1}` }));
  await rejects(complete([{ PartNumber: 2, ETag: second.ETag }, { PartNumber: 1, ETag: first.CopyPartResult!.ETag }]), "InvalidPartOrder", 400);
  assert.deepEqual((await s3.send(new ListPartsCommand(target))).Parts!.map(({ PartNumber, Size }) => [PartNumber, Size]), [[1, 5 * 1024 ** 2], [2, 3]]);
  assert.throws(() => kit.s3.get("data", "parts"), /does not exist/);
  await complete([{ PartNumber: 1, ETag: first.CopyPartResult!.ETag }, { PartNumber: 2, ETag: second.ETag }]);
  assert.equal(kit.s3.get("data", "parts").length, 5 * 1024 ** 2 + 3);
  assert.equal(kit.s3.object("data", "parts").headers["content-type"], "text/x");
  await rejects(complete([{ PartNumber: 1, ETag: "" }]), "NoSuchUpload", 404);
});

test("an upload that is given up leaves nothing", async () => {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: "data", Key: "gone" }));
  assert.equal((await s3.send(new ListMultipartUploadsCommand({ Bucket: "data" }))).Uploads?.length, 1);
  await s3.send(new AbortMultipartUploadCommand({ Bucket: "data", Key: "gone", UploadId }));
  await rejects(s3.send(new UploadPartCommand({ Bucket: "data", Key: "gone", UploadId, PartNumber: 1, Body: "x" })), "NoSuchUpload", 404);
  assert.deepEqual(kit.s3.keys("data"), []);
});

test("buckets: made, listed, told their region, deleted when empty", async () => {
  await s3.send(new CreateBucketCommand({ Bucket: "more" }));
  assert.deepEqual((await s3.send(new ListBucketsCommand({}))).Buckets!.map(({ Name }) => Name), ["data", "more"]);
  assert.equal((await s3.send(new GetBucketLocationCommand({ Bucket: "more" }))).LocationConstraint, kit.region);
  assert.equal((await s3.send(new HeadBucketCommand({ Bucket: "more" }))).BucketRegion, kit.region);
  await rejects(s3.send(new CreateBucketCommand({ Bucket: "more" })), "BucketAlreadyOwnedByYou", 409);
  await rejects(s3.send(new CreateBucketCommand({ Bucket: "No_Good" })), "InvalidBucketName", 400);
  await rejects(s3.send(new HeadBucketCommand({ Bucket: "not-there" })), "NotFound", 404);
  await rejects(s3.send(new ListObjectsV2Command({ Bucket: "not-there" })), "NoSuchBucket", 404);
  kit.s3.put("more", "x", "");
  await rejects(s3.send(new DeleteBucketCommand({ Bucket: "more" })), "BucketNotEmpty", 409);
  kit.s3.delete("more", "x");
  await s3.send(new DeleteBucketCommand({ Bucket: "more" }));
});

test("a bucket of another region answers with where it is", async () => {
  kit.s3.createBucket("far", { region: "ap-southeast-2" });
  await rejects(s3.send(new ListObjectsV2Command({ Bucket: "far" })), "PermanentRedirect", 301);
  const there = client({ region: "ap-southeast-2" });
  assert.equal((await there.send(new ListObjectsV2Command({ Bucket: "far" }))).KeyCount, 0);
  const following = client({ followRegionRedirects: true });
  assert.equal((await following.send(new ListObjectsV2Command({ Bucket: "far" }))).KeyCount, 0);
});

test("virtual-hosted requests name the bucket in the host", async () => {
  const { NodeHttpHandler } = await import("@smithy/node-http-handler");
  const { Agent } = await import("node:http");
  // *.localhost is this machine by RFC 6761, but not every resolver knows.
  const httpAgent = new Agent({ lookup: (_host, options, done) => (options.all === true ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)) });
  const hosted = client({ endpoint: `http://s3.localhost:${kit.port}`, forcePathStyle: false, requestHandler: new NodeHttpHandler({ httpAgent }) });
  await hosted.send(new PutObjectCommand({ Bucket: "data", Key: "folder/key ü", Body: "hosted" }));
  assert.equal(await get("folder/key ü"), "hosted");
  assert.equal((await hosted.send(new ListObjectsV2Command({ Bucket: "data" }))).Contents![0]!.Key, "folder/key ü");
});

test("a presigned URL works for whoever has it, until it expires, for that request only", async () => {
  await put("p.txt", "presigned");
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket: "data", Key: "p.txt" }), { expiresIn: 60 });
  assert.equal(await (await fetch(url)).text(), "presigned");
  assert.equal((await fetch(url.replace("p.txt", "q.txt"))).status, 403);
  assert.equal((await fetch(url, { method: "DELETE" })).status, 403);
  const uploading = await getSignedUrl(s3, new PutObjectCommand({ Bucket: "data", Key: "up.txt" }), { expiresIn: 60 });
  assert.equal((await fetch(uploading, { method: "PUT", body: "from outside" })).status, 200);
  assert.equal(await get("up.txt"), "from outside");
  const old = await getSignedUrl(s3, new GetObjectCommand({ Bucket: "data", Key: "p.txt" }), { expiresIn: 60, signingDate: new Date(Date.now() - 120_000) });
  const answer = await fetch(old);
  assert.equal(answer.status, 403);
  assert.match(await answer.text(), /Request has expired/);
});

test("a wrong secret, an unknown key, no signature, a clock that is off: each its own error", async () => {
  const listAs = (config: S3ClientConfig) => client(config).send(new ListObjectsV2Command({ Bucket: "data" }));
  await rejects(listAs({ credentials: { ...kit.credentials, secretAccessKey: "wrong" } }), "SignatureDoesNotMatch", 403);
  await rejects(listAs({ credentials: { accessKeyId: "AKIANOTKNOWN", secretAccessKey: "x" } }), "InvalidAccessKeyId", 403);
  await rejects(listAs({ credentials: { ...kit.credentials, sessionToken: "made up" } }), "InvalidToken", 400);
  await rejects(listAs({ systemClockOffset: -20 * 60_000 }), "RequestTimeTooSkewed", 403);
  assert.equal((await fetch(`${kit.endpoint}/data/x`)).status, 403);
});

test("a body that was changed on its way is refused", async () => {
  const signer = client();
  signer.middlewareStack.add(
    (next) => (args) => {
      const sent = args.request as { body: unknown }; // what the client is about to send
      sent.body = Buffer.from("other bytes");
      return next(args);
    },
    { step: "finalizeRequest", priority: "low", name: "tamper" },
  );
  await rejects(signer.send(new PutObjectCommand({ Bucket: "data", Key: "changed", Body: "these bytes" })), "XAmzContentSHA256Mismatch", 400);
  assert.deepEqual(kit.s3.keys("data"), []);
});

test("a user may do what the policy says, and nothing else; without ListBucket a missing key looks forbidden", async () => {
  const reader = client({
    credentials: kit.addUser("reader", { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::data/in/*" }] }),
  });
  kit.s3.put("data", "in/a", "mine");
  kit.s3.put("data", "out/a", "not mine");
  const read = (Key: string) => reader.send(new GetObjectCommand({ Bucket: "data", Key }));
  assert.equal(await (await read("in/a")).Body!.transformToString(), "mine");
  await rejects(read("out/a"), "AccessDenied", 403);
  await rejects(read("in/nothing"), "AccessDenied", 403);
  await rejects(reader.send(new ListObjectsV2Command({ Bucket: "data" })), "AccessDenied", 403);
  await rejects(reader.send(new PutObjectCommand({ Bucket: "data", Key: "in/b", Body: "" })), "AccessDenied", 403);
  const { Errors } = await client({ credentials: kit.addUser("deleter", { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:DeleteObject", Resource: "arn:aws:s3:::data/in/*" }] }) }).send(
    new DeleteObjectsCommand({ Bucket: "data", Delete: { Objects: [{ Key: "in/a" }, { Key: "out/a" }] } }),
  );
  assert.deepEqual(Errors!.map(({ Key, Code }) => [Key, Code]), [["out/a", "AccessDenied"]]);
});

test("keys and metadata have their documented limits", async () => {
  await put("k".repeat(1024));
  await rejects(put("k".repeat(1025)), "KeyTooLongError", 400);
  await rejects(put("m", "x", { Metadata: { a: "x".repeat(2048) } }), "MetadataTooLarge", 400);
});

test("faults: an error, a throttle, a cut, half a body; then all is well again", async () => {
  await put("f", "0123456789".repeat(1000));
  kit.faults.add({ operation: "GetObject", kind: "error" });
  await rejects(get("f"), "InternalError", 500);
  kit.faults.add({ operation: "GetObject", kind: "throttle" });
  await rejects(get("f"), "SlowDown", 503);
  kit.faults.add({ operation: "GetObject", kind: "cut" });
  await assert.rejects(get("f"), /socket hang up|ECONNRESET/);
  kit.faults.add({ operation: "GetObject", kind: "half" });
  await assert.rejects(get("f"), /aborted/);
  assert.equal((await get("f")).length, 10_000);
  assert.deepEqual(kit.calls.of("GetObject").map(({ fault }) => fault), ["error", "throttle", "cut", "half", null]);
});

test("faults: a client that tries again gets over three errors; a lost reply means that it was done", async () => {
  const patient = client({ maxAttempts: 4 });
  kit.faults.add({ operation: "PutObject", kind: "error", times: 3 });
  await patient.send(new PutObjectCommand({ Bucket: "data", Key: "t", Body: "x" }));
  assert.equal(kit.calls.of("PutObject").length, 4);
  kit.faults.add({ operation: "DeleteObject", kind: "lost-reply" });
  await assert.rejects(s3.send(new DeleteObjectCommand({ Bucket: "data", Key: "t" })));
  assert.deepEqual(kit.s3.keys("data"), []);
});

test("faults: a call that hangs ends when the client gives up", async () => {
  kit.faults.add({ operation: "GetObject", kind: "hang" });
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket: "data", Key: "x" }), { abortSignal: AbortSignal.timeout(200) }), { name: "AbortError" });
});

test("what the kit doesn't have is said, not guessed", async () => {
  const { GetBucketAclCommand } = await import("@aws-sdk/client-s3");
  await rejects(s3.send(new GetBucketAclCommand({ Bucket: "data" })), "NotImplemented", 501);
});

test("a request with half of its body stores nothing", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const url = new URL(await getSignedUrl(s3, new PutObjectCommand({ Bucket: "data", Key: "half" })));
  const sending = httpRequest(url, { method: "PUT", headers: { "content-length": "1000" } });
  sending.on("error", () => resolve());
  sending.on("close", () => resolve());
  sending.write("x".repeat(500), () => sending.destroy());
  await promise;
  expect(kit.s3.keys("data")).toEqual([]);
});
