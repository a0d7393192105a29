import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, test } from "vitest";
import { runForetop, type CliRun, type RunOptions } from "../../test/cli-world.ts";
import { configWorld, HOURS, type ConfigWorld } from "../../test/config-world.ts";
import { Interrupted } from "./io.ts";

let world: ConfigWorld;
beforeAll(async () => {
  world = await configWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  mkdirSync(join(world.home, "config"), { recursive: true });
  put("foretop.yaml", world.yaml);
});

const put = (name: string, text: string) => writeFileSync(join(world.home, "config", name), text);
const foretop = (argv: string[], options: RunOptions = {}): Promise<CliRun> => runForetop(argv, world, { cwd: join(world.home, "config"), ...options });
const json = async (argv: string[]): Promise<Record<string, unknown>> => {
  const run = await foretop([...argv, "--json"]);
  assert.equal(run.code, 0, run.stderr);
  return JSON.parse(run.stdout) as Record<string, unknown>;
};

test("from a file to an active detector: plan, apply, apply again, list, show, mute, deactivate, delete", async () => {
  const plan = await foretop(["plan", "foretop.yaml"]);
  assert.equal(plan.code, 0, plan.stderr);
  assert.match(plan.stdout, /^orders would be created\.\n/);
  assert.match(plan.stdout, /series +11: 5 and 6 totals of them/);
  assert.match(plan.stdout, /created_at >= '2026-03-15T11:00:00Z'/);
  assert.match(plan.stdout, /WARNINGS\n.*superuser/);

  const applied = await foretop(["apply", "foretop.yaml"]);
  assert.equal(applied.code, 0, applied.stderr);
  assert.match(applied.stdout, /^orders created: ACTIVE\n/);

  const again = await json(["apply", "foretop.yaml"]);
  assert.deepEqual([again["action"], again["status"], again["warnings"]], ["unchanged", "ACTIVE", []]);
  assert.match((await foretop(["plan", "foretop.yaml"])).stdout, /^orders is as configured: nothing would change/);

  const list = await foretop(["detector", "list"]);
  assert.match(list.stdout, /^NAME +STATUS +EVERY +SERIES +OPEN +LAST INTERVAL \(UTC\)/);
  assert.match(list.stdout, /\norders +ACTIVE +PT1H/);
  const shown = await foretop(["detector", "show", "orders"]);
  assert.match(shown.stdout, /source +postgres \{"secret":"secret:shop"\}/);
  assert.match(shown.stdout, /generation +1, live from 2026-03-15 12:00/);

  assert.match((await foretop(["detector", "mute", "orders"])).stdout, /orders: ACTIVE, muted/);
  assert.match((await foretop(["detector", "unmute", "orders"])).stdout, /orders: ACTIVE\n/);
  assert.match((await foretop(["interval", "list", "orders"])).stdout, /No intervals yet|START/);
  assert.match((await foretop(["anomaly", "list", "--detector", "orders"])).stdout, /No anomaly groups/);
  assert.match((await foretop(["delivery", "list"])).stdout, /No deliveries/);

  assert.match((await foretop(["detector", "deactivate", "orders"])).stdout, /orders: INACTIVE/);
  const stays = await json(["apply", "foretop.yaml"]);
  assert.equal(stays["status"], "INACTIVE");
  assert.match(JSON.stringify(stays["warnings"]), /was deactivated and stays so/);
  assert.match((await foretop(["detector", "activate", "orders"])).stdout, /orders: (ACTIVE|LEARNING)/);

  const unsure = await foretop(["detector", "delete", "orders"]);
  assert.equal(unsure.code, 2);
  assert.match(unsure.stderr, /orders has 11 series and everything found in them; deleting can't be undone\n {2}at --yes\n {2}If you are sure: foretop detector delete orders --yes/);
  assert.equal((await foretop(["detector", "delete", "orders", "--yes"])).code, 0);
  assert.deepEqual((await json(["detector", "list"]))["detectors"], []);
});

test("a changed measure: plan says what is relearned, apply learns it again and the detector is active", async () => {
  await foretop(["apply", "foretop.yaml"]);
  put("foretop.yaml", world.yaml.replace("[amount]", "[{ name: amount, aggregation: MAX, severityMin: 80 }]"));
  const plan = await foretop(["plan", "foretop.yaml"]);
  assert.match(plan.stdout, /^orders would be changed, its history learned again\.\n/);
  assert.match(plan.stdout, /measures\.amount\.aggregation +SUM +MAX +History is read and learned again\./);
  assert.match(plan.stdout, /measures\.amount\.severityMin +70 +80 +Acts from the next interval on\./);
  const applied = await foretop(["apply", "foretop.yaml"]);
  assert.match(applied.stdout, /^orders changed, history learned again: ACTIVE\n/, applied.stderr);
  const detector = await json(["detector", "show", "orders"]);
  assert.deepEqual([detector["generation"], detector["status"]], [2, "ACTIVE"]);
  await foretop(["detector", "delete", "orders", "--yes"]);
});

test("a folder stands for the configuration in it, and query files go along", async () => {
  put("foretop.yaml", world.yaml.replace(/query: \|[^]*?timestamp/, "query: { file: ../sql/q.sql }\ntimestamp").replace("name: orders", "name: by-folder"));
  mkdirSync(join(world.home, "sql"), { recursive: true });
  writeFileSync(join(world.home, "sql/q.sql"), "select created_at, country, channel, amount from orders where created_at >= :start and created_at < :end");
  const plan = await foretop(["plan", "config"], { cwd: world.home });
  assert.match(plan.stdout, /^by-folder would be created/, plan.stderr);
  put("params.json", "{}");
  const several = await foretop(["plan", "config"], { cwd: world.home });
  assert.deepEqual([several.code, several.stdout], [2, ""]);
  assert.match(several.stderr, /there are several configurations in config: foretop\.yaml, params\.json/);
  rmSync(join(world.home, "config/params.json"));
});

test("a mistake in a file: what, where, what to do, on stderr only, exit code 2", async () => {
  put("foretop.yaml", world.yaml.replace("PT1H", "1h").replace("dimensions", "dimension"));
  const run = await foretop(["apply", "foretop.yaml"]);
  assert.equal(run.code, 2);
  assert.equal(run.stdout, "");
  assert.equal(
    run.stderr,
    `foretop: 2 problems:
  foretop.yaml:2:12: frequency should be one of PT5M, PT10M, PT1H, P1D, not "1h" – Did you mean PT1H?
  foretop.yaml:10:1: unknown field "dimension" – Did you mean "dimensions"?
`,
  );
  put("params.json", '{\n  "detector_name": "x",\n}');
  const comma = await foretop(["plan", "params.json"]);
  assert.equal(comma.stderr, "foretop: not valid JSON: a comma too many before }\n  at params.json:2:23\n  Remove the comma after the last field.\n");
});

test("with --json an error is JSON on stderr, and stdout stays empty", async () => {
  const run = await foretop(["detector", "show", "nope", "--json"]);
  assert.deepEqual([run.code, run.stdout], [2, ""]);
  const { error } = JSON.parse(run.stderr) as { error: Record<string, unknown> };
  assert.equal(error["code"], "NOT_FOUND");
});

test("exit codes: 2 usage, 3 source, 4 conflict, 1 else, and 0", async () => {
  const code = async (argv: string[], options?: RunOptions) => (await foretop(argv, options)).code;
  assert.equal(await code(["--version"]), 0);
  assert.equal(await code(["detector", "--help"]), 0);
  assert.equal(await code(["detector"]), 2);
  assert.equal(await code(["nonsense"]), 2);
  assert.equal(await code(["detector", "list", "--nonsense"]), 2);
  assert.equal(await code(["plan"]), 2);
  assert.equal(await code(["plan", "nope.yaml"]), 2);
  assert.equal(await code(["anomaly", "list", "--limit", "0"]), 2);
  assert.equal(await code(["anomaly", "list", "--from", "yesterday"]), 2);
  assert.equal(await code(["anomaly", "list", "--status", "ajar"]), 2);
  assert.equal(await code(["detector", "list"], { env: { FORETOP_PORT: "x" } }), 2);
  assert.equal(await code(["serve", "--watch", "no-such-folder"]), 2);

  put("down.yaml", world.yaml.replace("name: orders", "name: down").replace('secret: "secret:shop"', "host: 127.0.0.1, port: 1, database: x, user: y"));
  assert.equal(await code(["apply", "down.yaml"]), 3);
  assert.equal(await code(["plan", "down.yaml"]), 3); // it shows what it can, and a gate must not pass

  await foretop(["apply", "foretop.yaml", "--no-activate"]);
  assert.equal(await code(["detector", "deactivate", "orders"]), 4);
  assert.equal(await code(["detector", "delete", "orders", "--yes"]), 0);
  assert.equal(await code(["detector", "list"], { commands: { openLocal: () => Promise.reject(new Error("no disk")) } }), 1);
});

test("an activation that fails is told, with the reason, and fails the command", async () => {
  put("late.yaml", world.yaml.replace("name: orders", "name: late").replace("created_at < :end", "created_at < :end and 1 / (extract(epoch from created_at)::bigint % 2) > 0"));
  const run = await foretop(["apply", "late.yaml"]);
  assert.equal(run.code, 3, run.stderr);
  assert.match(run.stdout, /late created: FAILED/);
  assert.match(run.stderr, /late could not be activated: .*division by zero/);
  assert.equal((await foretop(["detector", "delete", "late", "--yes"])).code, 0);
});

test("an unforeseen error is one sentence; --debug shows where it came from", async () => {
  const commands = { openLocal: () => Promise.reject(new Error("the world ended", { cause: new Error("on a Tuesday") })) };
  const plain = await foretop(["detector", "list"], { commands });
  assert.match(plain.stderr, /^foretop: the world ended: on a Tuesday\n {2}Run it again with --debug/);
  assert.ok(!plain.stderr.includes("    at "));
  const debug = await foretop(["detector", "list", "--debug"], { commands });
  assert.match(debug.stderr, /\n {4}at /);
});

test("Ctrl-C stops a command that waits: exit code 130, one word, the system is closed", async () => {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    const controller = new AbortController();
    let isClosed = false;
    const running = foretop(["detector", "list"], {
      signal: controller.signal,
      commands: {
        openLocal: ({ signal: given }) =>
          Promise.resolve({
            client: { call: () => new Promise((_, reject) => given.addEventListener("abort", () => reject(new Error("cut off")))) },
            close: () => {
              isClosed = true;
              return Promise.resolve();
            },
          }),
      },
    });
    setTimeout(() => controller.abort(new Interrupted(signal)), 20);
    const run = await running;
    assert.deepEqual([run.code, run.stdout, run.stderr, isClosed], [code, "", "foretop: stopped\n", true]);
  }
});

test("no secret reaches stdout, stderr or --json, not even when a driver quotes it", async () => {
  const { password } = JSON.parse(readFileSync(join(world.home, "secrets/shop.json"), "utf8")) as { password: string };
  const outputs: string[] = [];
  for (const argv of [["plan", "foretop.yaml"], ["apply", "foretop.yaml", "--no-activate"], ["detector", "show", "orders"], ["doctor"], ["detector", "delete", "orders", "--yes"]]) {
    for (const form of [argv, [...argv, "--json"]]) {
      const run = await foretop(form);
      outputs.push(run.stdout, run.stderr);
    }
  }
  const quoting = await foretop(["detector", "list", "--debug"], {
    env: { DATABASE_URL: `postgres://foretop:${password}@127.0.0.1/foretop` },
    commands: { openLocal: () => Promise.reject(new Error(`could not connect to postgres://foretop:${password}@127.0.0.1/foretop`)) },
  });
  outputs.push(quoting.stderr);
  assert.match(quoting.stderr, /could not connect/);
  for (const output of outputs) assert.ok(!output.includes(password), output);
});

test("doctor examines the machine, the service and every source, and says what to do", async () => {
  await foretop(["apply", "foretop.yaml", "--no-activate"]);
  const run = await foretop(["doctor"]);
  assert.equal(run.code, 0, run.stdout);
  for (const area of ["node", "home", "disk", "secrets", "database", "clock", "source orders: connects", "source orders: role", "source orders: index", "source orders: reads"]) {
    assert.match(run.stdout, new RegExp(`^[✔!] +${area} `, "m"), area);
  }
  assert.match(run.stdout, /source orders: role +the role .* is more powerful than reading needs.*CREATE ROLE foretop_reader/);

  await world.sql("alter table orders rename column amount to amounts");
  const broken = await foretop(["doctor"]);
  await world.sql("alter table orders rename column amounts to amount");
  assert.equal(broken.code, 3);
  assert.match(broken.stdout, /✖ +source orders: reads/);
  await foretop(["detector", "delete", "orders", "--yes"]);
});

test("doctor examines the source of a file that isn't applied, and the file itself", async () => {
  const run = await foretop(["doctor", "foretop.yaml"]);
  assert.match(run.stdout, /✔ +file foretop\.yaml/);
  assert.match(run.stdout, /source orders: connects/);
  put("broken.yaml", world.yaml.replace("PT1H", "PT2H"));
  const broken = await foretop(["doctor", "broken.yaml"]);
  assert.equal(broken.code, 1);
  assert.match(broken.stdout, /✖ +file broken\.yaml +frequency should be one of/);
});

test("the history that was there is what is learned", async () => {
  await foretop(["apply", "foretop.yaml"]);
  const detector = await json(["detector", "show", "orders"]);
  assert.deepEqual(detector["series"], { leaves: 5, rollUps: 6 });
  const [detectors] = [await world.system.store.detectors.getByName("orders")];
  const ledger = await world.system.store.ledger.list(detectors!.id, { limit: 1 });
  assert.equal(ledger[0]!.rows, HOURS * 5);
  await foretop(["detector", "delete", "orders", "--yes"]);
});
