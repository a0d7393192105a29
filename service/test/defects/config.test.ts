/**
 * Defects of the original connector that belong to configuration and set-up, by their number in the reference (§7.7):
 * each test fails on what the original did.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, test } from "vitest";
import { FolderWatcher } from "../../src/jobs/watch-folder.ts";
import { applyDetector } from "../../src/resources/apply.ts";
import { parseConfigFile } from "../../src/resources/parse-config.ts";
import { readFileFrom } from "../../src/resources/read-file.ts";
import { openSecrets } from "../../src/secrets/open-secrets.ts";
import { Redactor } from "../../src/secrets/redactor.ts";
import { SourceError, UserError } from "../../src/telemetry/errors.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { runForetop } from "../cli-world.ts";
import { configWorld, type ConfigWorld } from "../config-world.ts";

const HISTORICAL = "select created_at as timestamp, country, channel, amount from orders where created_at < dateadd(hour,-1,sysdate)\n";
const CONTINUOUS = "select created_at as timestamp, country, channel, amount from orders where created_at < dateadd(hour,0,getdate()) and created_at > dateadd(hour,-1,getdate())\n";
/** Account numbers that AWS keeps for documentation. */
const DOCUMENTATION_ACCOUNTS = new Set(["000000000000", "111122223333", "123456789012", "444455556666"]);
const PARAMS = {
  database_type: "redshift",
  detector_name: "orders",
  detector_description: "orders of the shop",
  detector_frequency: "PT1H",
  timestamp_column: { ColumnName: "timestamp", ColumnFormat: "yyyy-MM-dd HH:mm:ss" },
  dimension_list: ["country", "channel"],
  metrics_set: [{ MetricName: "amount", AggregationFunction: "SUM" }],
  alert_name: "orders-alert",
  alert_threshold: 40,
  alert_description: "Exports anomalies for visualization",
  alert_lambda_arn: "",
  offset: 300,
  secret_name: "shop",
};

let world: ConfigWorld;
beforeAll(async () => {
  world = await configWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  for (const { id } of await world.system.store.detectors.list()) await world.system.store.detectors.delete(id);
});

const filesOf = (params: object, queries: Record<string, string> = { "historical.sql": HISTORICAL, "continuous.sql": CONTINUOUS }) => ({ entry: "params.json", files: { "params.json": JSON.stringify(params, null, 2), ...queries } });
const parse = (params: object, queries?: Record<string, string>) => parseConfigFile("params.json", readFileFrom(filesOf(params, queries).files));
const detectors = () => world.system.store.detectors.list();

test("12: a secret that can't be had is the error that is told, with its reference; nothing goes on without it", async () => {
  await assert.rejects(world.app.apply(filesOf({ ...PARAMS, secret_name: "nope" }), { activate: true }), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /the secret secret:nope can't be had: there is no file .*secrets\/nope\.json/);
    return true;
  });
  assert.deepEqual(await detectors(), []);
});

test("13: a secret's text is what it is: nothing is decoded a second time", async () => {
  const base64 = Buffer.from('{"password":"x"}').toString("base64");
  writeFileSync(join(world.home, "binary.txt"), `${base64}\n`, { mode: 0o600 });
  const secrets = openSecrets({ homeFolder: world.home, env: { BINARY: base64 }, redactor: new Redactor(), log: silentLogger });
  assert.equal(await secrets.resolve("file:binary.txt"), base64);
  assert.equal(await secrets.resolve("env:BINARY"), base64);
});

test("20: applying the same params.json again changes nothing; a changed one changes the detector in place", async () => {
  const first = await world.app.apply(filesOf(PARAMS), { activate: true });
  const [before] = await detectors();
  const readings = (await world.system.store.ledger.list(first.detectorId, { limit: 10 })).length;
  const again = await world.app.apply(filesOf(PARAMS), { activate: true });
  assert.deepEqual([again.action, again.detectorId], ["unchanged", first.detectorId]);
  assert.deepEqual(await detectors(), [before]);
  assert.equal((await world.system.store.ledger.list(first.detectorId, { limit: 10 })).length, readings, "history is not read again");

  const changed = await world.app.apply(filesOf({ ...PARAMS, offset: 600 }), { activate: true });
  assert.deepEqual([changed.action, changed.relearns, changed.detectorId], ["updated", false, first.detectorId]);
});

test("21: a configuration that fails half-way leaves no orphan; the end of the activation is told", async () => {
  const wrong = { ...PARAMS, metrics_set: [{ MetricName: "amuont", AggregationFunction: "SUM" }] };
  await assert.rejects(world.app.apply(filesOf(wrong), { activate: true }), UserError);
  assert.deepEqual(await detectors(), []);
  const { status } = await world.app.apply(filesOf(PARAMS), { activate: true });
  assert.ok(status === "ACTIVE" || status === "LEARNING", status);
});

test("23: the time zone is part of the configuration, a name, and UTC when none is given", () => {
  assert.equal(parse(PARAMS).config.zone, "UTC");
  assert.equal(parse({ ...PARAMS, timezone: "Europe/Berlin" }).config.zone, "Europe/Berlin");
  assert.throws(() => parse({ ...PARAMS, timezone: "UTC+02:00" }), /is not an IANA time zone/);
});

test("26: the SQL is part of what is stored: a changed file is a change that is shown, and learned again", async () => {
  const first = await world.app.apply(filesOf(PARAMS), { activate: false });
  const [stored] = await detectors();
  assert.equal(stored!.config.query.kind === "pinned" && stored!.config.query.historicalSql, HISTORICAL);
  const queries = { "historical.sql": HISTORICAL.replace("from orders where", "from orders where channel <> 'test' and"), "continuous.sql": CONTINUOUS };
  const plan = await world.app.plan(filesOf(PARAMS, queries));
  assert.deepEqual([plan.action, plan.relearns, plan.changes.map(({ field }) => field)], ["update", true, ["query"]]);
  assert.match(plan.statements[0]!.shown, /channel <> 'test'/);
  const changed = await world.app.apply(filesOf(PARAMS, queries), { activate: false });
  assert.deepEqual([changed.detectorId, changed.relearns], [first.detectorId, true]);
  assert.equal((await detectors())[0]!.generation, 2);
});

test("27: columns are compared with the configuration before anything is stored: missing, doubled, of a wrong type, another case", async () => {
  const apply = (params: object, sql = HISTORICAL) => world.app.apply(filesOf(params, { "historical.sql": sql }), { activate: false });
  await assert.rejects(apply({ ...PARAMS, dimension_list: ["country", "chanel"] }), /the dimension "chanel" is not a column of the query's result/);
  await assert.rejects(apply(PARAMS, HISTORICAL.replace("amount from", "amount, id as amount from")), /2 columns called "amount"/);
  await assert.rejects(apply({ ...PARAMS, metrics_set: [{ MetricName: "timestamp_2", AggregationFunction: "SUM" }] }, HISTORICAL.replace("amount from", "created_at as timestamp_2 from")), /is of type timestamp with time zone, not a number/);
  assert.deepEqual(await detectors(), []);
  const { action } = await apply({ ...PARAMS, metrics_set: [{ MetricName: "Amount", AggregationFunction: "SUM" }] });
  assert.equal(action, "created");
});

test("29: only a file called params.json is one: a backup beside it starts nothing", async () => {
  const folder = join(world.home, "drop");
  mkdirSync(folder);
  for (const name of ["params.json.bak", "params.json.1", "old-params.json", "params.json~"]) writeFileSync(join(folder, name), JSON.stringify(PARAMS));
  const applied: string[] = [];
  const watcher = new FolderWatcher(
    folder,
    {
      apply: (files) => {
        applied.push(files.entry);
        return world.app.apply(files, { activate: false });
      },
    },
    world.system,
    1000,
  );
  for (let i = 0; i < 3; i++) await watcher.look();
  assert.deepEqual(applied, []);
  writeFileSync(join(folder, "params.json"), JSON.stringify(PARAMS));
  writeFileSync(join(folder, "historical.sql"), HISTORICAL);
  for (let i = 0; i < 5; i++) await watcher.look();
  assert.deepEqual(applied, ["params.json"]);
  assert.ok(existsSync(join(folder, "params.json.result.json")));
  assert.equal(readdirSync(folder).filter((name) => name.endsWith(".result.json")).length, 1);
});

test("31: many detectors on many sources live in one installation; only names that would be mixed up are refused", async () => {
  for (const name of ["orders", "orders-eu", "orders-us"]) await world.app.apply(filesOf({ ...PARAMS, detector_name: name, alert_name: `${name}-alert` }), { activate: false });
  assert.deepEqual((await detectors()).map(({ config }) => config.name), ["orders-eu-redshift", "orders-redshift", "orders-us-redshift"]);
  await assert.rejects(world.app.apply(filesOf({ ...PARAMS, detector_name: "other" }), { activate: false }), /the alert "orders-alert" belongs to the detector "orders-redshift" already/);
  const { config } = parse(PARAMS);
  await assert.rejects(applyDetector(config, world.system, { createOnly: true }), (error) => error instanceof UserError && error.code === "DUPLICATE");
});

test("33: the alert_* fields make an alert, with their threshold and text", async () => {
  await world.app.apply(filesOf(PARAMS), { activate: false });
  const [detector] = await detectors();
  assert.deepEqual(detector!.config.alerts, [
    { name: "orders-alert", description: "Exports anomalies for visualization", severityMin: 40, measures: [], dimensionFilters: [], channel: { kind: "export", settings: {} } },
  ]);
  const { warnings } = parse({ ...PARAMS, alert_lambda_arn: "arn:aws:lambda:eu-west-1:000000000000:function:alert" });
  assert.match(warnings.map(({ message }) => message).join(), /can't be invoked from here/);
});

test("39: what apply answers is typed: an id, not a whole response to dig in", async () => {
  const run = await runForetop(["apply", "params.json", "--no-activate", "--json"], world, { cwd: configFolder() });
  const answer = JSON.parse(run.stdout) as Record<string, unknown>;
  const [detector] = await detectors();
  assert.equal(answer["detectorId"], detector!.id);
  assert.deepEqual([answer["detector"], answer["action"], answer["status"]], ["orders-redshift", "created", "INACTIVE"]);
});

test("41: the examples hold nobody's account numbers, buckets or keys", () => {
  const root = fileURLToPath(new URL("../../../examples", import.meta.url));
  for (const name of readdirSync(root, { recursive: true, encoding: "utf8" })) {
    if (!/\.(json|ya?ml|sql|md)$/.test(name)) continue;
    const text = readFileSync(join(root, name), "utf8");
    for (const [account] of text.matchAll(/\b\d{12}\b/g)) assert.ok(DOCUMENTATION_ACCOUNTS.has(account), `${name}: ${account}`);
    assert.ok(!/id-ml-ops2|059124553121/.test(text), name);
    assert.ok(!/\b(AKIA|ASIA)[A-Z0-9]{16}\b/.test(text), name);
  }
});

test("44: the detector is called what the original's code called it, and that is told", () => {
  const { config, notes } = parse(PARAMS);
  assert.equal(config.name, "orders-redshift");
  assert.ok(notes.some(({ message }) => message.startsWith('the detector is called "orders-redshift"')));
});

test("bad input leaves nothing behind: what is stored is the same before and after each refusal", async () => {
  await world.app.apply(filesOf(PARAMS), { activate: false });
  const before = await detectors();
  const wrong: [object, Record<string, string>?][] = [
    [{ ...PARAMS, detector_frequency: "PT2H" }],
    [{ ...PARAMS, offset: -1 }],
    [{ ...PARAMS, metrics_set: [] }],
    [PARAMS, { "historical.sql": `${HISTORICAL};drop table orders` }],
    [PARAMS, { "historical.sql": "with gone as (delete from orders returning *) select * from gone" }],
    [PARAMS, { "historical.sql": "select 'unbalanced from orders" }],
    [PARAMS, { "historical.sql": "create table x (y int)" }],
    [PARAMS, { "historical.sql": HISTORICAL.replace("from orders", "from ordres") }],
  ];
  for (const [params, queries] of wrong) {
    await assert.rejects(world.app.apply(filesOf(params, queries), { activate: true }), (error) => error instanceof UserError || error instanceof SourceError, JSON.stringify(queries ?? params));
    assert.deepEqual(await detectors(), before);
  }
  assert.equal((await world.sql("select count(*)::int as rows from orders"))[0]!["rows"], 2000);
});

function configFolder(): string {
  const folder = join(world.home, "config");
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(filesOf(PARAMS).files)) writeFileSync(join(folder, name), text);
  return folder;
}
