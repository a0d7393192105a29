import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, test } from "vitest";
import { configWorld, type ConfigWorld } from "../../test/config-world.ts";
import { SourceError, UserError } from "../telemetry/errors.ts";
import { applyDetector, type ApplyOptions } from "./apply.ts";
import { ConfigError } from "./config-problem.ts";
import { parseConfigFile } from "./parse-config.ts";
import { readFileFrom } from "./read-file.ts";

let world: ConfigWorld;
beforeAll(async () => {
  world = await configWorld();
});
afterAll(() => world.close());

/** Applies the sample under a name, edited; activation is counted instead of done. */
async function apply(name: string, edit: (yaml: string) => string = (yaml) => yaml, options: ApplyOptions = {}) {
  const activated: string[] = [];
  const yaml = edit(world.yaml.replace("name: orders", `name: ${name}`).replace("oncall", `${name}-oncall`));
  const { config, locate } = parseConfigFile("f.yaml", readFileFrom({ "f.yaml": yaml }));
  const result = await applyDetector(config, world.system, {
    locate,
    activate: (id) => {
      activated.push(id);
      return Promise.resolve();
    },
    ...options,
  });
  return { ...result, activated };
}

async function refusal(...call: Parameters<typeof apply>): Promise<Error> {
  const before = await world.system.store.detectors.list();
  try {
    await apply(...call);
  } catch (error) {
    assert.deepEqual(await world.system.store.detectors.list(), before, "a refused file leaves nothing behind");
    return error as Error;
  }
  assert.fail("was applied");
}

test("a new configuration is created and activated; the same again is a no-op", async () => {
  const first = await apply("fresh");
  assert.deepEqual([first.action, first.relearns, first.changes, first.activated], ["created", false, [], [first.detectorId]]);
  const stored = await world.system.store.detectors.get(first.detectorId);
  assert.equal(stored!.config.name, "fresh");
  await world.system.store.detectors.setStatus(first.detectorId, "ACTIVE", null, 0);

  const before = await world.system.store.detectors.get(first.detectorId);
  const second = await apply("fresh");
  assert.deepEqual([second.action, second.activated, second.warnings], ["unchanged", [], []]);
  assert.deepEqual(await world.system.store.detectors.get(first.detectorId), before);
});

test("without activate the detector is stored INACTIVE", async () => {
  const { config } = parseConfigFile("f.yaml", readFileFrom({ "f.yaml": world.yaml.replace("name: orders", "name: stored").replace("oncall", "stored-oncall") }));
  const result = await applyDetector(config, world.system);
  assert.deepEqual([result.action, result.status], ["created", "INACTIVE"]);
});

test("a changed threshold or alert is stored and nothing is relearned", async () => {
  const { detectorId } = await apply("tuned");
  await world.system.store.detectors.setStatus(detectorId, "ACTIVE", null, 0);
  const changed = await apply("tuned", (yaml) => yaml.replace("[amount]", "[{ name: amount, severityMin: 85 }]").replace("kind: log }", "kind: log }, severityMin: 90"));
  assert.deepEqual(changed.changes.map(({ field }) => field), ["measures.amount.severityMin", "alerts.tuned-oncall"]);
  assert.deepEqual([changed.action, changed.relearns, changed.status, changed.activated], ["updated", false, "ACTIVE", []]);
  const stored = await world.system.store.detectors.get(detectorId);
  assert.deepEqual([stored!.generation, stored!.config.measures[0]!.severityMin], [1, 85]);
});

test("a changed query starts a new generation that is activated again, and the result says what is relearned", async () => {
  const { detectorId } = await apply("requeried");
  await world.system.store.detectors.setStatus(detectorId, "ACTIVE", null, 0);
  const changed = await apply("requeried", (yaml) => yaml.replace("select created_at", "select distinct created_at"));
  assert.deepEqual([changed.action, changed.relearns, changed.activated], ["updated", true, [detectorId]]);
  assert.deepEqual(changed.changes.map(({ field, relearns }) => [field, relearns]), [["query", true]]);
  const stored = await world.system.store.detectors.get(detectorId);
  assert.deepEqual([stored!.generation, stored!.headMs, stored!.status], [2, null, "INACTIVE"]);
});

test("a failed activation leaves a detector that the next apply activates again", async () => {
  const { detectorId } = await apply("failing");
  await world.system.store.detectors.setStatus(detectorId, "FAILED", "no answer", 0);
  const again = await apply("failing");
  assert.deepEqual([again.action, again.activated], ["unchanged", [detectorId]]);
});

test("while a detector is activated or deleted nothing is changed under it", async () => {
  const { detectorId } = await apply("busy");
  for (const status of ["ACTIVATING", "DELETING"] as const) {
    await world.system.store.detectors.setStatus(detectorId, status, null, 0);
    for (const edit of [(yaml: string) => yaml.replace("PT1H", "P1D"), (yaml: string) => yaml.replace("offsetSeconds: 300", "offsetSeconds: 60")]) {
      const error = await refusal("busy", edit);
      assert.ok(error instanceof UserError && error.code === "CONFLICT" && /busy is (ACTIVATING|DELETING)/.test(error.message), error.message);
    }
  }
  const same = await apply("busy");
  assert.deepEqual([same.action, same.activated], ["unchanged", []]);
});

test("createOnly refuses a name that is taken, with its place", async () => {
  await apply("taken");
  const error = await refusal("taken", undefined, { createOnly: true });
  assert.ok(error instanceof UserError && error.code === "DUPLICATE" && error.where === "f.yaml:1:7", error.message);
});

test("an alert's name belongs to one detector", async () => {
  await apply("first");
  const error = await refusal("second", (yaml) => yaml.replace("second-oncall", "first-oncall"));
  assert.match(error.message, /the alert "first-oncall" belongs to the detector "first" already/);
  assert.ok(error instanceof UserError && error.where!.startsWith("f.yaml:11:"), String((error as UserError).where));
});

test("two people who apply a new detector at once: one creates it, the other is refused, nothing is half done", async () => {
  const results = await Promise.allSettled(Array.from({ length: 6 }, () => apply("raced")));
  const created = results.filter((result) => result.status === "fulfilled" && result.value.action === "created");
  assert.equal(created.length, 1);
  for (const result of results) {
    if (result.status === "rejected") assert.ok(result.reason instanceof UserError && result.reason.code === "DUPLICATE", String(result.reason));
    else assert.ok(["created", "unchanged"].includes(result.value.action));
  }
  const stored = (await world.system.store.detectors.list()).filter(({ config }) => config.name === "raced");
  assert.deepEqual(stored.map(({ generation }) => generation), [1]);
});

test("settings, queries and columns are checked before anything is stored, each complaint with its place", async () => {
  const cases: [(yaml: string) => string, RegExp, string | RegExp][] = [
    [(yaml) => yaml.replace("kind: postgres", "kind: postgrs"), /there is no connector "postgrs"/, "f.yaml:4:17"],
    [(yaml) => yaml.replace('secret: "secret:shop"', 'secret: "secret:shop", prot: 5432'), /unknown field "source\.prot"/, /^f\.yaml:4:/],
    [(yaml) => yaml.replace("kind: log", "kind: slack"), /there is no channel "slack"/, /^f\.yaml:11:/],
    [(yaml) => yaml.replace("kind: log", "kind: webhook"), /alerts\[0\]\.channel\.url is missing/, /^f\.yaml:11:/],
    [(yaml) => yaml.replace("select created_at", "delete from orders; select created_at"), /several statements|2 statements|one statement/i, /f\.yaml:5/],
    [(yaml) => yaml.replace("and created_at < :end", ""), /the query has no :end/, /f\.yaml:5/],
    [(yaml) => yaml.replace("[amount]", "[amuont]"), /the measure "amuont" is not a column of the query's result/, "f.yaml:9:12"],
    [(yaml) => yaml.replace("country, channel, amount from", "country, channel, amount, id as amount from"), /2 columns called "amount"/, "f.yaml:9:12"],
    [(yaml) => yaml.replace("[country, channel]", "[country, chanel]"), /the dimension "chanel" is not a column/, "f.yaml:10:23"],
  ];
  for (const [edit, message, where] of cases) {
    const error = await refusal("checked", edit);
    assert.ok(error instanceof UserError, `${error.name}: ${error.message}`);
    assert.match(error.message, message);
    if (typeof where === "string") assert.equal(error.where, where, error.message);
    else assert.match(error.where ?? "", where, error.message);
    assert.ok(error.advice !== null || error instanceof ConfigError);
  }
});

test("texts as measure or timestamp are read row by row: a warning", async () => {
  const { warnings } = await apply("texts", (yaml) => yaml.replace("[country, channel]", "[channel]").replace("[amount]", "[amount, country]"));
  assert.match(warnings.map(({ message }) => message).join(), /the measure "country" is of type text, not a number/);
});

test("a source that is down, a wrong password, a missing table: SourceError, and nothing is stored", async () => {
  const down = await refusal("down", (yaml) => yaml.replace('secret: "secret:shop"', "host: 127.0.0.1, port: 1, database: x, user: y"));
  assert.ok(down instanceof SourceError && down.code === "CONNECT", down.message);
  const missing = await refusal("missing", (yaml) => yaml.replace("from orders", "from ordres"));
  assert.ok(missing instanceof SourceError && missing.code === "NOT_FOUND", `${missing.name} ${missing.message}`);
  const secretless = await refusal("secretless", (yaml) => yaml.replace("secret:shop", "secret:nope"));
  assert.ok(secretless instanceof UserError && secretless.code === "SECRET", secretless.message);
});

test("an aborted apply stores nothing", async () => {
  const error = await refusal("aborted", undefined, { signal: AbortSignal.abort(new Error("stopped")) });
  assert.ok(error instanceof SourceError ? error.code === "CANCELLED" : /stopped/.test(error.message), `${error.name} ${error.message}`);
});

test("the audit trail says who did what, without any secret", async () => {
  const { detectorId } = await apply("audited", undefined, { actor: "cli" });
  await world.system.store.detectors.setStatus(detectorId, "ACTIVE", null, 0);
  await apply("audited", (yaml) => yaml.replace("PT1H", "P1D"), { actor: "watch" });
  const trail = await world.system.store.audit.list(detectorId, 10);
  assert.deepEqual(new Set(trail.map(({ actor, action }) => `${actor} ${action}`)), new Set(["cli detector.create", "watch detector.update"]));
  const rows = JSON.stringify([await world.system.store.detectors.list(), trail]);
  const secret = JSON.parse(readFileSync(`${world.home}/secrets/shop.json`, "utf8")) as { password: string };
  assert.ok(!rows.includes(secret.password) && rows.includes("secret:shop"));
});

test("a link needs a detector that is there, of the same frequency, with the measures it names; and keeps it so", async () => {
  await apply("linked-to");
  const [measure] = (await world.system.store.detectors.getByName("linked-to"))!.config.measures;
  const linking = (link: string) => (yaml: string) => `${yaml.trimEnd()}\nlinks:\n  - ${link}\n`;
  const unknown = (await refusal("linking", linking("{ detector: linked-too }"))) as UserError;
  assert.match(unknown.message, /the link names the detector "linked-too", which there is not/);
  assert.match(unknown.advice!, /Did you mean "linked-to"/);
  assert.match(unknown.where!, /^f\.yaml:\d+:/);
  assert.match(((await refusal("linking", linking("{ detector: warehouse-of-others }"))) as UserError).advice!, /Apply that detector first.*it holds in both directions/);
  assert.match((await refusal("linking", (yaml) => linking("{ detector: linked-to }")(yaml.replace(/frequency: \w+/, "frequency: P1D")))).message, /"linked-to" has intervals of \w+, this detector of P1D/);
  assert.match((await refusal("linking", linking("{ detector: linked-to, measures: [profit] }"))).message, /names the measure "profit", which "linked-to" has not/);

  const made = await apply("linking", linking(`{ detector: linked-to, measures: [${measure!.name}] }`));
  assert.equal(made.action, "created");
  assert.match((await refusal("linked-to", (yaml) => yaml.replace(/frequency: \w+/, "frequency: P1D"))).message, /"linking" is linked with this detector and has intervals of/);
  const off = await apply("linking");
  assert.deepEqual(off.changes.map(({ field, relearns, consequence }) => [field, relearns, consequence]), [["links", false, "Acts at once, on past groups too."]]);
});
