import assert from "node:assert/strict";
import { test } from "vitest";
import { csvLine } from "./publish-rows.ts";
import { csvRows } from "./csv-rows.ts";
import { columnOf } from "./cell-types.ts";
import { newToken } from "./data-api.ts";
import { statementFailed } from "./redshift-errors.ts";
import { redshiftSettings } from "./redshift-settings.ts";
import { parameterised, quoteText, unloadText, withLiterals } from "./statement-text.ts";

const QUERY = { sql: "select '$1 :x', \"$2\" -- $1\nfrom t where ts >= $1::timestamptz and ts < ($2::timestamptz::timestamp + make_interval(hours => -1))", parameters: [0, 3_600_000] };

test("placeholders become named parameters, cast; texts, names and comments stay as they are", () => {
  const { sql, parameters } = parameterised(QUERY);
  assert.equal(sql, "select '$1 :x', \"$2\" -- $1\nfrom t where ts >= cast(:foretop_1 as timestamptz) and ts < (cast(:foretop_2 as timestamptz)::timestamp + make_interval(hours => -1))");
  assert.deepEqual(parameters, [{ name: "foretop_1", value: "1970-01-01T00:00:00.000Z" }, { name: "foretop_2", value: "1970-01-01T01:00:00.000Z" }]);
  assert.match(withLiterals(QUERY), /ts >= cast\('1970-01-01T00:00:00\.000Z' as timestamptz\) and/);
});

test("UNLOAD's text: one statement, quotes and backslashes doubled, the manifest asked for, one file", () => {
  const text = unloadText({ select: "select 'it''s \\\\ ok' -- end", prefix: "s3://b/p/", iamRole: "arn:aws:iam::111122223333:role/r", format: "csv", parallel: false, bucketRegion: undefined, nullText: "null-1" });
  assert.equal(
    text,
    String.raw`unload ('select * from (
select ''it''''s \\\\ ok'' -- end
) as foretop_unloaded')
to 's3://b/p/'
iam_role 'arn:aws:iam::111122223333:role/r'
format as csv
null as 'null-1'
manifest verbose
parallel off`,
  );
  assert.match(unloadText({ select: "select 1", prefix: "s3://b/p/", iamRole: "default", format: "parquet", parallel: true, bucketRegion: "eu-west-1", nullText: "" }), /iam_role default\nformat as parquet\nmanifest verbose\nparallel on\nregion 'eu-west-1'$/);
  assert.equal(quoteText("a'b\\c"), "'a''b\\\\c'");
});

test("what is written as CSV is read back as it was, wherever the pieces end", async () => {
  const cells = ["", "a,b", 'say "so"', "two\nlines\r\n", "😀 ü", " ", "null-1", '"', ","];
  const bytes = Buffer.from(csvLine(cells) + csvLine(cells.toReversed()));
  for (const size of [1, 2, 3, 7, 1000]) {
    const rows: string[][] = [];
    for await (const found of csvRows(pieces(bytes, size))) rows.push(...found);
    assert.deepEqual(rows, [cells, cells.toReversed()], `pieces of ${size} bytes`);
  }
  await assert.rejects(async () => {
    for await (const _ of csvRows(pieces(Buffer.from('a,"b'), 2)));
  }, /ends inside a quoted field/);
  await assert.rejects(async () => {
    for await (const _ of csvRows(pieces(Buffer.from('"a"b,c\n'), 100)));
  }, /followed by neither/);
});

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test("30: no two readings have the same token, whatever the second in which they begin", () => {
  const tokens = Array.from({ length: 10_000 }, () => newToken("0f8e:1:1772359200000-1772362800000:12"));
  assert.equal(new Set(tokens).size, 10_000);
  assert.ok(tokens.every((token) => token.length <= 64 && /^[\w-]+$/.test(token)));
});

test("38: an error tells neither the statement nor a row's values", () => {
  const { message } = statementFailed("ERROR: invalid input syntax for type integer: \"4711-secret\" [ErrorId: 1-abc]", "reading rows");
  assert.equal(message, 'reading rows failed: invalid input syntax for type integer: "…"');
  assert.match(statementFailed('ERROR: relation "orders" does not exist', "x").message, /"orders"/);
});

test("settings that don't fit together are told by their field", () => {
  const issues = (settings: object) => redshiftSettings.safeParse(settings).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
  assert.deepEqual(issues({ clusterIdentifier: "c", database: "d" }), []);
  assert.match(issues({ database: "d" })[0]!, /^clusterIdentifier: clusterIdentifier or workgroupName is missing/);
  assert.match(issues({ clusterIdentifier: "c", workgroupName: "www", database: "d" })[0]!, /^workgroupName: .* both given/);
  assert.match(issues({ clusterIdentifier: "c", secretArn: "s", dbUser: "u" })[0]!, /^dbUser: secretArn and dbUser are both given/);
  assert.match(issues({ workgroupName: "www", database: "d", dbUser: "u" })[0]!, /a workgroup has no dbUser/);
  assert.match(issues({ clusterIdentifier: "c" })[0]!, /^database: database is missing/);
  assert.match(issues({ clusterIdentifier: "c", database: "d", unload: { to: "s3://bucket/no-slash", iamRole: "default" } })[0]!, /^unload\.to: must be a folder/);
  assert.match(issues({ clusterIdentifier: "c", database: "d", unload: { to: "s3://bucket/it's/", iamRole: "default" } })[0]!, /^unload\.to/);
  assert.match(issues({ clusterIdentifier: "c", database: "d", credentials: "AKIA…" })[0]!, /^credentials: must be a reference/);
});

test("types are known by the Data API's names and by a manifest's; others are told by their own", () => {
  assert.deepEqual(["int8", "bigint", "numeric", "timestamptz", "timestamp with time zone", "timestamp", "date", "bool", "varchar", "super"].map((name) => columnOf("c", name).type), ["number", "number", "number", "timestamptz", "timestamptz", "timestamp", "date", "boolean", "text", "other"]);
});
