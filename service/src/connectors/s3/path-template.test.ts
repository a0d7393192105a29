import assert from "node:assert/strict";
import { test } from "vitest";
import { UserError } from "../../telemetry/errors.ts";
import { compilePathTemplate } from "./path-template.ts";

const folder = (template: string, iso: string, zone = "UTC"): string => compilePathTemplate(template).folderOf(Date.parse(iso), zone);

test("the templates of the guide", () => {
  assert.equal(folder("s3://bbb/ecommerce/live/{{yyyyMMdd}}/{{HHmm}}", "2020-12-25T15:20:00Z"), "ecommerce/live/20201225/1520/");
  assert.equal(folder("s3://bbb/{{yyyy}}/{{MM}}/{{dd}}/", "2021-07-04T00:00:00Z"), "2021/07/04/");
  assert.equal(folder("s3://bbb/data/intvl_date={{yyyy-MM-dd}}/intvl_hhmm={{HHmm}}/", "2021-07-04T09:05:00Z"), "data/intvl_date=2021-07-04/intvl_hhmm=0905/");
});

test("every key letter", () => {
  const at = "2021-07-04T00:08:09Z";
  const cases: [string, string][] = [
    ["yyyy", "2021"], ["yy", "21"], ["y", "2021"], ["YYYY-y", "2021-2021"], ["y-M", "2021-7"], ["y-MM", "2021-07"], ["y-MMM", "2021-Jul"], ["y-MMMM", "2021-July"],
    ["y-d", "2021-4"], ["y-dd", "2021-04"], ["y-a", "2021-AM"], ["y-H", "2021-0"], ["y-HH", "2021-00"], ["y-k", "2021-24"], ["y-kk", "2021-24"], ["y-kk a", "2021-00 AM"],
    ["y-hh a", "2021-12 AM"], ["y-KK a", "2021-00 AM"], ["y-m", "2021-8"], ["y-mm", "2021-08"], ["y-s", "2021-9"], ["y-ss", "2021-09"], ["'year'yyyy'T'", "year2021T"],
  ];
  for (const [key, expected] of cases) assert.equal(folder(`s3://bbb/{{${key}}}`, at), `${expected}/`, key);
  assert.equal(folder("s3://bbb/{{yyyy}}/{{hh}}{{a}}", "2021-07-04T15:00:00Z"), "2021/03PM/");
});

test("a week's year is the one of its Thursday", () => {
  assert.equal(folder("s3://bbb/{{YYYY}}", "2021-01-03T00:00:00Z"), "2020/");
  assert.equal(folder("s3://bbb/{{YYYY}}", "2019-12-30T00:00:00Z"), "2020/");
});

test("the folder is the interval's start in the dataset's zone", () => {
  assert.equal(folder("s3://bbb/{{yyyyMMdd}}/{{HHmm}}", "2026-01-01T04:30:00Z", "America/New_York"), "20251231/2330/");
});

test("what can't work is told with its place and what would be right", () => {
  const refusal = (template: string): UserError => {
    try {
      compilePathTemplate(template);
    } catch (error) {
      if (error instanceof UserError) return error;
      throw error;
    }
    return assert.fail(`accepted ${template}`);
  };
  assert.match(refusal("s3://b1/live/").message, /bucket|date/);
  assert.match(refusal("s3://bucket/live/").message, /no date in it/);
  assert.match(refusal("s3://bucket/{{MMdd}}").message, /no year/);
  assert.match(refusal("s3://bucket/{{yyyyTMM}}").message, /T is not a part of a time \(character 19\)/);
  assert.match(refusal("s3://bucket/{{yyyy").message, /never closed \(character 13\)/);
  assert.match(refusal("s3://bucket/{yyyy}").message, /single \{ has no meaning \(character 13\)/);
  assert.match(refusal("s3://bucket/{{yyyy'T}}").message, /quote is never closed/);
  assert.match(refusal("s3://Bucket/{{yyyy}}").message, /doesn't begin with s3/);
  assert.match(refusal("bucket/{{yyyy}}").message, /doesn't begin with s3/);
  assert.match(refusal(`s3://bucket/${"x".repeat(1100)}{{yyyy}}`).message, /TEMPLATE_LENGTH_MAX/);
  for (const template of ["s3://bucket/live/", "s3://bucket/{{yyyy"]) assert.ok(refusal(template).advice !== null);
});
