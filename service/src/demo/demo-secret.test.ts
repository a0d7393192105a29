import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { demoSecret } from "./demo-secret.ts";

const PLACE = { host: "127.0.0.1", port: 5499, database: "demo_warehouse" };
const newHome = () => mkdtempSync(join(tmpdir(), "foretop-secret-"));
const pathIn = (home: string) => join(home, "secrets", "redshift-l4mintegration.json");

test("the secret has the original connector's form and only its owner may read it", () => {
  const home = newHome();
  demoSecret(home).write(PLACE);
  expect(JSON.parse(readFileSync(pathIn(home), "utf8"))).toEqual({
    username: "foretop_demo_reader",
    password: expect.stringMatching(/^[\w-]{24}$/) as string,
    host: "127.0.0.1",
    port: 5499,
    db: "demo_warehouse",
    dbClusterIdentifier: "foretop-demo",
  });
  expect(statSync(pathIn(home)).mode & 0o777).toBe(0o600);
});

test("the password stays when the port moves", () => {
  const home = newHome();
  const first = demoSecret(home);
  first.write(PLACE);
  const second = demoSecret(home);
  second.write({ ...PLACE, port: 5500 });
  expect(second.password).toBe(first.password);
  expect(JSON.parse(readFileSync(pathIn(home), "utf8"))).toMatchObject({ port: 5500, password: first.password });
});

test("two homes have two passwords", () => {
  expect(demoSecret(newHome()).password).not.toBe(demoSecret(newHome()).password);
});

test.each([
  ["a real cluster's", '{"username":"a","password":"b","dbClusterIdentifier":"prod"}'],
  ["half a file", '{"username":'],
])("a user's own secret of that name is not overwritten: %s", (_, text) => {
  const home = newHome();
  mkdirSync(join(home, "secrets"));
  writeFileSync(pathIn(home), text);
  expect(() => demoSecret(home)).toThrow("is not the demo's secret");
  expect(readFileSync(pathIn(home), "utf8")).toBe(text);
});
