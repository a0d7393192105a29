import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { demoSecret } from "./demo-secret.ts";

const PLACE = { host: "127.0.0.1", port: 5499, database: "demo_warehouse" };
const newFolder = () => join(mkdtempSync(join(tmpdir(), "foretop-secret-")), "secrets");
const pathIn = (folder: string) => join(folder, "redshift-l4mintegration.json");

test("the secret has the original connector's form and only its owner may read it", () => {
  const folder = newFolder();
  demoSecret(folder).write(PLACE);
  expect(JSON.parse(readFileSync(pathIn(folder), "utf8"))).toEqual({
    username: "foretop_demo_reader",
    password: expect.stringMatching(/^[\w-]{24}$/) as string,
    host: "127.0.0.1",
    port: 5499,
    db: "demo_warehouse",
    dbClusterIdentifier: "foretop-demo",
  });
  expect(statSync(pathIn(folder)).mode & 0o777).toBe(0o600);
});

test("the password stays when the port moves", () => {
  const folder = newFolder();
  const first = demoSecret(folder);
  first.write(PLACE);
  const second = demoSecret(folder);
  second.write({ ...PLACE, port: 5500 });
  expect(second.password).toBe(first.password);
  expect(JSON.parse(readFileSync(pathIn(folder), "utf8"))).toMatchObject({ port: 5500, password: first.password });
});

test("two folders have two passwords", () => {
  expect(demoSecret(newFolder()).password).not.toBe(demoSecret(newFolder()).password);
});

test.each([
  ["a real cluster's", '{"username":"a","password":"b","dbClusterIdentifier":"prod"}'],
  ["half a file", '{"username":'],
])("a user's own secret of that name is not overwritten: %s", (_, text) => {
  const folder = newFolder();
  mkdirSync(folder);
  writeFileSync(pathIn(folder), text);
  expect(() => demoSecret(folder)).toThrow("is not the demo's secret");
  expect(readFileSync(pathIn(folder), "utf8")).toBe(text);
});
