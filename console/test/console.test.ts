import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { listen, type Listening } from "../../service/src/api/listen.ts";
import { buildServer } from "../../service/src/api/server.ts";
import { openWorld, type OpenWorld } from "../../service/test/world/open-world.ts";
import { paletteOf } from "../src/charts/palette.ts";
import { fingerprintOf, inkOf } from "./canvas-ink.ts";
import { openBrowser, visit, WIDTHS } from "./open-browser.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const ASSETS = join(ROOT, "console", "dist", "assets");
const { anomaly, actual } = paletteOf("light");

let world: OpenWorld;
let listening: Listening;
let browser: Browser;
let groupOf: (kind: string) => string;

beforeAll(async () => {
  execFileSync(process.execPath, [join(ROOT, "scripts", "build-console.mjs")], { stdio: "inherit" });
  world = await openWorld();
  listening = await listen(buildServer(world.system, world.app), { port: 0, homeFolder: world.system.homeFolder });
  browser = await openBrowser();
  groupOf = (kind) => world.groups.find(({ group }) => group.kind === kind && group.severity >= 70)!.group.id;
});
afterAll(async () => {
  await browser?.close();
  await listening?.close();
  await world?.[Symbol.asyncDispose]();
});

const at = (path: string) => listening.address + path;

test("the list of detectors tells every state apart", async () => {
  await using visitor = await visit(browser, at("/"));
  const { page, complaints } = visitor;
  const row = (name: string) => page.getByRole("row").filter({ hasText: name });
  await row("ecommerce").getByText("Active").waitFor();
  await row("signups").getByText("239 more points needed").waitFor();
  await row("payments").getByText("Failed", { exact: true }).waitFor();
  await row("payments").getByText('password authentication failed for user "foretop"').waitFor();
  await row("returns").getByText("Inactive").waitFor();
  assert.deepEqual(complaints, []);
});

test("from the list to a group: the threshold hides what is below, slider and number box agree, the address keeps it", async () => {
  await using visitor = await visit(browser, at("/"));
  const { page, complaints } = visitor;
  await page.getByRole("link", { name: "ecommerce" }).click();
  const table = page.getByRole("table", { name: "Anomaly groups" });
  const rows = table.locator("tbody tr");
  await page.getByText("7 of severity 70 or more").waitFor();
  assert.equal(await rows.count(), 7);

  await page.getByLabel("Severity threshold as a number").fill("95");
  await page.getByText("2 of severity 95 or more").waitFor();
  assert.equal(await rows.count(), 2);
  const slider = page.getByRole("slider", { name: "Severity threshold" });
  assert.equal(await slider.inputValue(), "95");
  await slider.focus();
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.getByLabel("Severity threshold as a number").inputValue(), "94");

  await page.getByLabel("Severity threshold as a number").fill("30");
  await page.getByText("10 of severity 30 or more").waitFor();
  assert.equal(await rows.count(), 10);
  assert.ok(page.url().endsWith("?severity=30"), page.url());
  assert.equal(await page.locator(".timeline-bar").count(), 10);

  await table.getByRole("link", { name: /revenue 778 below expected/ }).click();
  await page.getByRole("heading", { level: 1, name: /revenue 778 below expected/ }).waitFor();
  await page.goBack();
  await page.getByText("10 of severity 30 or more").waitFor();
  assert.deepEqual(complaints, []);
});

test("a threshold above everything says what was judged, and that lowering it shows more", async () => {
  await using visitor = await visit(browser, at("/detectors/ecommerce?severity=100"));
  await visitor.page.getByText("Nothing of severity 100 or more").waitFor();
  await visitor.page.getByText(/10 groups have been found in all: lower the threshold/).waitFor();
  await visitor.page.goto(at("/detectors/signups"));
  await visitor.page.getByText("No live interval has been judged yet.").waitFor();
  assert.deepEqual(visitor.complaints, []);
});

test("a group: its headline, figures, contributions that sum to 100, the SQL with bound values, who was told", async () => {
  await using visitor = await visit(browser, at(`/groups/${groupOf("level shift")}`));
  const { page, context, complaints } = visitor;
  await page.getByRole("heading", { level: 1, name: "revenue 778 below expected (−25 %), a level shift: platform=mobile_app" }).waitFor();
  const main = page.locator("main");
  for (const text of ["98/100", "level shift", "going on", "2,373", "3,151", "3,008 to 3,294 would not have been reported"]) await main.getByText(text, { exact: false }).first().waitFor();
  await main.getByText("(2 Mar 2026, 05:00 in Europe/Berlin)").first().waitFor(); // since, in the data's zone beside one's own
  await main.getByText("1 Mar 2026, 23:00").first().waitFor();

  const dimensions = page.getByRole("region", { name: /Contributions by/ });
  assert.equal(await dimensions.count(), 2);
  for (const dimension of await dimensions.all()) {
    const shares = await dimension.locator("[data-share]").evaluateAll((elements) => elements.map((element) => Number(element.getAttribute("data-share"))));
    const sum = shares.reduce((total, share) => total + share, 0);
    assert.ok(Math.abs(sum - 100) < 0.005, `sums to ${sum}`);
  }

  const sql = page.getByLabel("SQL", { exact: true });
  assert.ok((await sql.textContent())!.includes("ts >= '2026-03-02T09:00:00Z'"));
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy SQL", exact: true }).click();
  await page.getByText("Copied").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await sql.textContent());

  await page.getByText("connection refused by hooks.example.com (8 tries)").waitFor();
  assert.deepEqual(complaints, []);
});

test("a group says what did it: the sentence, each cause with what was expected and came, its siblings, its SQL", async () => {
  await using visitor = await visit(browser, at(`/groups/${groupOf("level shift")}`));
  const { page, complaints } = visitor;
  await page.getByText(/^revenue \d+ below expected \(−\d+ %\): platform=mobile_app fell 25 % and explains all of it/).waitFor();
  const cause = page.getByRole("region", { name: "Cause: platform=mobile_app" });
  for (const text of ["100 % of the deviation", "strong evidence", "3,151", "2,373", "mobile_web, pc_web did not"]) assert.ok((await cause.innerText()).includes(text), text);
  const [expected, came] = await cause.locator(".cause-bar-track span").evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width));
  assert.ok(Math.abs(came! / expected! - 2373 / 3151) < 0.01, "the bars are to scale");
  await cause.getByText("The SQL that shows it").click();
  assert.match((await cause.locator("pre").textContent())!, /where "platform" = 'mobile_app'$/);
  assert.deepEqual(complaints, []);
});

test("a group whose rows are missing says that it is probably the pipeline", async () => {
  await using visitor = await visit(browser, at(`/groups/${groupOf("stopped")}`));
  await visitor.page.getByText("Probably the pipeline, not the business").waitFor();
  await visitor.page.getByText("1 of 7 partitions is missing (marketplace=jp).").waitFor();
  assert.deepEqual(visitor.complaints, []);
});

test("a group says what moved with it, with a small chart each, and which incident it is part of", async () => {
  const { page, complaints, visitor } = await visitWithIncident(`/groups/${groupOf("level shift")}`);
  await using _ = visitor;
  const views = page.getByRole("region", { name: "Related: views" });
  await views.getByText(/probably led to it: off since .*, 2 intervals ahead, strength 0\.80, 64 % of the deviation, 3 times before\./).waitFor();
  await views.locator("canvas").waitFor();
  assert.ok((await inkOf(views.locator(".chart-canvas"), actual)) > 300, "its line is drawn");
  await page.getByText("Unknown: 36 % of the deviation.").waitFor();
  await page.getByRole("link", { name: "views below expected in platform=mobile_app, with revenue" }).click();
  await page.getByRole("heading", { level: 1, name: "views below expected in platform=mobile_app, with revenue" }).waitFor();
  assert.equal(await page.locator(".incident-groups > li").count(), 2);
  await page.getByRole("link", { name: /revenue 778 below expected/ }).click();
  await page.getByRole("heading", { level: 1, name: /revenue 778 below expected/ }).waitFor();
  assert.deepEqual(complaints, []);
});

test("incidents: what belongs together, or that every group stands alone", async () => {
  const { page, complaints, visitor } = await visitWithIncident("/incidents");
  await using _ = visitor;
  await page.getByRole("link", { name: "views below expected in platform=mobile_app, with revenue" }).waitFor();
  await page.getByText(/2 groups of ecommerce; .* and going on/).waitFor();
  await page.unroute("**/v1/incidents");
  await page.reload();
  await page.getByText("Every anomaly group of this time stands alone.").waitFor();
  assert.deepEqual(complaints, []);
});

test("what a measure is made of: each part with its figures, its contribution and its exact share; a link that is broken is said", async () => {
  const { page, complaints, visitor } = await visitWithIncident(`/groups/${groupOf("level shift")}?declared`);
  await using _ = visitor;
  const definition = page.getByRole("region", { name: "By definition" });
  await definition.getByText("revenue = orders × order_value").waitFor();
  await definition.getByText("here in platform=mobile_app").waitFor();
  await definition.getByText("contributed +2,095, 175 % of the change of revenue").waitFor();
  await definition.getByText("contributed −895, −75 % of the change of revenue").waitFor();
  await page.getByText(/It caused it, being a part of it by definition: at /).first().waitFor();
  await page.getByText("Not compared with traffic: there is no such detector any more.").waitFor();
  assert.deepEqual(complaints, []);
});

/** The fixture world's groups lie days apart: what the API would say of two at once is put in between. */
async function visitWithIncident(path: string) {
  const visitor = await visit(browser, "about:blank");
  const { page, complaints } = visitor;
  const answer = (what: object) => ({ contentType: "application/json", body: JSON.stringify(what) });
  const own = await (await fetch(at(`/v1/groups/${groupOf("level shift")}`))).json();
  const groups = [{ ...own, id: groupOf("spike"), headline: "views 120 below expected (−12 %): platform=mobile_app", measure: "views" }, own];
  const incident = {
    id: groups[0].id,
    headline: "views below expected in platform=mobile_app, with revenue",
    severity: 98,
    status: "open",
    start: own.start,
    end: own.end,
    detectors: ["ecommerce"],
    measures: ["views", "revenue"],
    groups,
  };
  const declared = (share: number) => ({ relation: "revenue = orders × order_value", expected: 1000, actual: 800, amount: 12 * share, share });
  const parts = [["orders", 174.6], ["order_value", -74.6]].map(([measure, share]) => ({ detector: "ecommerce", measure, series: 0, relation: "cause", declared: declared(Number(share)), onset: own.start, lagIntervals: 0, strength: null, percentage: share, timesBefore: 0, group: null }));
  const isDeclared = path.includes("?declared");
  const related = { detector: "ecommerce", measure: "views", series: 0, relation: "cause", declared: null, onset: own.start, lagIntervals: 2, strength: 0.8, percentage: 64, timesBefore: 3, group: null };
  await page.route("**/v1/groups/*/incident", (route) => route.fulfill(answer({ incident })));
  await page.route("**/v1/groups/*/related", (route) =>
    route.fulfill(answer({ group: own.id, detector: "ecommerce", measure: "revenue", related: isDeclared ? parts : [related], unknownPercentage: isDeclared ? 0 : 36, historyCount: 330, hasHistory: true, segment: isDeclared ? { platform: "mobile_app" } : {}, notes: isDeclared ? ["Not compared with traffic: there is no such detector any more."] : [], notCompared: [] })),
  );
  await page.route("**/v1/incidents", (route) => route.fulfill(answer({ incidents: [incident], from: own.start, to: own.end, cut: false })));
  await page.goto(at(path));
  return { page, complaints, visitor };
}

test("the chart is drawn: actual line, anomalous intervals; zoom, comparison and pages change it", async () => {
  await using visitor = await visit(browser, at(`/groups/${groupOf("level shift")}`));
  const { page, complaints } = visitor;
  const chart = page.locator(".chart-canvas").first();
  await chart.locator("canvas").waitFor();
  assert.ok((await inkOf(chart, actual)) > 500, "the line of actual values");
  assert.ok((await inkOf(chart, anomaly)) > 100, "six filled discs");
  const week = await fingerprintOf(chart);
  await page.getByRole("button", { name: "28 days" }).click();
  assert.ok((await fingerprintOf(chart)) !== week, "28 days look different from 7");
  await page.getByRole("button", { name: "7 days" }).click();
  assert.equal(await fingerprintOf(chart), week);
  await page.getByText("A week before").click();
  await page.getByText("7 days before").first().waitFor();
  assert.ok((await fingerprintOf(chart)) !== week, "the week before is a further line");
  await page.getByRole("button", { name: "Next series" }).click();
  await page.getByText("3 to 4 of 16").waitFor();
  await page.getByRole("button", { name: "Previous series" }).click();
  await page.getByText("1 to 2 of 16").waitFor();
  assert.deepEqual(complaints, []);
});

test("arrow keys step through the intervals and what lies under the cursor is spelled out", async () => {
  await using visitor = await visit(browser, at(`/groups/${groupOf("spike")}`));
  const { page } = visitor;
  const chart = page.locator("figure.chart").first();
  const readout = chart.locator(".readout");
  await readout.getByText("spike, severity 100").waitFor();
  const peak = await readout.locator("time").getAttribute("datetime");
  await chart.getByRole("img").focus();
  await page.keyboard.press("ArrowLeft");
  assert.equal(Date.parse(peak!) - Date.parse((await readout.locator("time").getAttribute("datetime"))!), 3_600_000);
  assert.equal(await readout.getByText("spike").count(), 0);
});

test("a stopped series: the value is missing, not zero, and the mark says that nothing arrived", async () => {
  await using visitor = await visit(browser, at(`/groups/${groupOf("stopped")}`));
  const { page, complaints } = visitor;
  await page.getByRole("heading", { level: 1, name: /revenue stopped: no rows for marketplace=jp/ }).waitFor();
  await page.locator(".readout").first().getByText("actual no data").waitFor();
  await page.locator(".chart-key").first().getByText("anomalous: nothing arrived").waitFor();
  await page.locator(".chart-key").first().getByText("no data").waitFor();
  assert.deepEqual(complaints, []);
});

test("the detector log: an interval opens with its data quality and readings", async () => {
  await using visitor = await visit(browser, at("/detectors/ecommerce?tab=log"));
  const { page, complaints } = visitor;
  const table = page.getByRole("table", { name: "Intervals" });
  assert.equal(await table.locator("tbody tr").first().getByRole("cell").first().or(table.locator("tbody th").first()).first().textContent(), "2 Mar 2026, 04:00");
  await page.getByRole("button", { name: "Older" }).click();
  await table.getByText("28 Feb 2026, 22:00").first().waitFor();
  await page.getByRole("button", { name: "Newer" }).click();
  await table.getByText("1 Mar 2026, 19:00").first().click();
  await page.getByText("Column completeness: revenue").waitFor();
  await page.getByText("90.5 %").waitFor();
  await page.getByText("Not used: null measure").waitFor();
  await page.getByText(/Reading 1 \(live\).*succeeded, 21 rows, 1\.93 kB, 42 ms/).waitFor();
  assert.deepEqual(complaints, []);
});

test("series are found by their values and drawn; the configuration shows references, no secrets", async () => {
  await using visitor = await visit(browser, at("/detectors/ecommerce?tab=series"));
  const { page, complaints } = visitor;
  await page.getByPlaceholder("Find by dimension value").fill("platform=pc_web");
  await page.getByText("(16)").waitFor();
  await page.getByRole("link", { name: "marketplace=us & platform=pc_web" }).first().click();
  const chart = page.locator(".chart-canvas");
  await chart.locator("canvas").waitFor();
  assert.ok((await inkOf(chart, actual)) > 500);
  await page.goto(at("/detectors/ecommerce?tab=configuration"));
  await page.getByText("env:SHOP_PASSWORD").waitFor();
  assert.deepEqual(complaints, []);
});

test("what could not be delivered is sent again from the page", async () => {
  await using visitor = await visit(browser, at(`/groups/${groupOf("level shift")}`));
  const { page, complaints } = visitor;
  const table = page.getByRole("table", { name: "Deliveries" });
  await table.getByRole("button", { name: "Send again: shop-on-call" }).click();
  await table.getByText("pending").waitFor();
  assert.deepEqual(complaints, []);
});

test("an installation without detectors says how to get one", async () => {
  await using empty = await openWorld({ filled: false });
  const bare = await listen(buildServer(empty.system, empty.app), { port: 0, homeFolder: empty.system.homeFolder });
  try {
    await using visitor = await visit(browser, bare.address);
    await visitor.page.getByText("No detectors yet").waitFor();
    await visitor.page.getByText("foretop apply params.json").waitFor();
    await visitor.page.goto(`${bare.address}/anomalies`);
    await visitor.page.getByText("Detectors have found nothing so far.").waitFor();
    assert.deepEqual(visitor.complaints, []);
  } finally {
    await bare.close();
  }
});

test("on a phone the list of anomalies says since when, too, and whether it goes on", async () => {
  await using visitor = await visit(browser, at("/anomalies"), { width: 390 });
  const { page, complaints } = visitor;
  const rows = page.getByRole("table", { name: "Anomaly groups" }).locator("tbody tr");
  await rows.first().getByText(/since .*Mar 2026/).waitFor();
  assert.equal(await rows.getByText(/since /).count(), await rows.count());
  assert.ok((await page.evaluate("document.documentElement.scrollWidth")) === 390, "nothing hangs over");
  assert.deepEqual(complaints, []);
});

test("muting from the page is a write of the same origin, and shows", async () => {
  await using visitor = await visit(browser, at("/detectors/inventory"));
  const { page, complaints } = visitor;
  await page.getByRole("button", { name: "Mute" }).click();
  await page.getByText("Groups are still found and shown; nobody is told.").waitFor();
  await page.getByRole("button", { name: "Unmute" }).click();
  await page.getByRole("button", { name: "Mute", exact: true }).waitFor();
  assert.deepEqual(complaints, []);
});

test("what is wrong with a detector itself: in words, since when, and what to do, once", async () => {
  const { store } = world.system;
  const payments = (await store.detectors.getByName("payments"))!;
  const inventory = (await store.detectors.getByName("inventory"))!;
  const finding = { raisedMs: Date.UTC(2026, 2, 2, 10), recoveredMs: null };
  await store.health.raise({ ...finding, id: "health-failed", detectorId: payments.id, kind: "failed", sinceMs: Date.UTC(2026, 2, 2, 10), message: "has failed and reads nothing: crawling history: password authentication failed" }, []);
  for (const [kind, message] of [["behind", "is behind: the interval that was due at 2026-03-02T09:00:00.000Z has not been judged"], ["silent", "reads nothing: not one row in the last 3 intervals of P1D, since 2026-02-27T00:00:00.000Z"]] as const) {
    await store.health.raise({ ...finding, id: `health-${kind}`, detectorId: inventory.id, kind, sinceMs: Date.UTC(2026, 2, 2, 9), message }, []);
  }
  await using visitor = await visit(browser, at("/detectors/payments"));
  const { page, complaints } = visitor;
  await page.getByText("It has failed and reads nothing: crawling history: password authentication failed.").waitFor();
  await page.getByText("Put right what the reason names, then activate the detector again.").waitFor();
  assert.equal(await page.getByText("This detector has failed and reads nothing").count(), 1, "said once");

  await page.goto(at("/detectors/inventory"));
  const behind = page.locator("[data-finding=behind]");
  await behind.getByText("This detector is behind").waitFor();
  await behind.getByText("2 Mar 2026, 04:00").first().waitFor(); // since, in one's own zone
  await behind.locator("code").getByText("foretop doctor").waitFor();
  await page.locator("[data-finding=silent]").getByText("not one row in the last 3 intervals of P1D").waitFor();
  await store.health.recover("health-behind", Date.UTC(2026, 2, 2, 11), []);
  await page.reload();
  await page.getByText("This detector reads nothing").waitFor();
  assert.equal(await behind.count(), 0, "it is over");
  assert.deepEqual(complaints, []);
  for (const kind of ["failed", "silent"]) await store.health.recover(`health-${kind}`, Date.UTC(2026, 2, 2, 11), []);
});

test("each trouble looks different: not found, unreachable with nothing, unreachable with older data", async () => {
  await using visitor = await visit(browser, at("/groups/none"));
  const { page } = visitor;
  await page.getByText("There is no such thing").waitFor();
  await page.getByText('there is no anomaly group "none"').waitFor();

  await page.goto(at("/"));
  await page.getByRole("link", { name: "ecommerce" }).waitFor();
  await page.route("**/v1/**", (route) => route.abort("connectionrefused"));
  await page.getByRole("link", { name: "Anomalies" }).click();
  await page.getByText("The service does not answer").waitFor();
  await page.getByText("Nothing could be loaded.").waitFor();
  await page.unroute("**/v1/**");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("7 of severity 70 or more").waitFor();
  await page.route("**/v1/**", (route) => route.abort("connectionrefused"));
  await page.getByLabel("Severity threshold as a number").fill("71");
  await page.getByText(/What you see is as of/).waitFor();
  assert.equal(await page.getByRole("table", { name: "Anomaly groups" }).locator("tbody tr").count(), 7);
});

test("the gallery: each state of a chart has a look of its own", async () => {
  await using visitor = await visit(browser, at("/gallery"));
  const { page, complaints } = visitor;
  await page.getByRole("heading", { name: "series: calm" }).waitFor();
  const charts = page.locator("[data-example^='series:'] .chart-canvas");
  assert.equal(await charts.count(), 6);
  const prints = new Set<number>();
  for (const chart of await charts.all()) prints.add(await fingerprintOf(chart));
  assert.equal(prints.size, 6);
  const { heldBack } = paletteOf("light");
  const example = (name: string) => page.locator(`[data-example='series: ${name}'] .chart-canvas`);
  assert.ok((await inkOf(example("calm"), anomaly)) === 0, "nothing red where nothing was found");
  assert.ok((await inkOf(example("one spike held back, another anomaly outside the group"), heldBack)) > 5, "a diamond");
  assert.ok((await inkOf(example("stopped, and missing before"), anomaly)) > 100, "rings where nothing arrived");
  assert.ok((await inkOf(example("no data at all"), actual)) === 0, "no line without data");
  for (const state of ["loading", "empty", "learning", "unreachable", "failed"]) assert.equal(await page.locator(`[data-example='state: ${state}']`).count(), 1);
  assert.deepEqual(complaints, []);
});

const PAGES = ["/", "/anomalies", "/incidents", "/detectors/ecommerce", "/detectors/ecommerce?tab=log", "/detectors/ecommerce?tab=series", "/detectors/ecommerce?tab=configuration", "/detectors/signups", "/detectors/payments", "/gallery"];

for (const width of WIDTHS) {
  test(`at ${width} pixels no page scrolls sideways, complains, or has a control without a name`, async () => {
    await using visitor = await visit(browser, at("/"), { width });
    const { page, complaints } = visitor;
    for (const path of [...PAGES, `/groups/${groupOf("level shift")}`, `/groups/${groupOf("stopped")}`]) {
      await page.goto(at(path));
      await page.locator("main h1").waitFor();
      await page.waitForLoadState("networkidle");
      assert.equal(await page.locator("h1").count(), 1, `${path} has one main heading`);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(sideways <= 0, `${path} is ${sideways} pixels too wide`);
      const nameless = await page.locator("main :is(button, a, input, [role=slider], [role=img])").evaluateAll((elements) =>
        elements
          .filter((element) => element.checkVisibility())
          .filter((element) => {
            const labelled = element.getAttribute("aria-labelledby")?.split(" ").some((id) => document.getElementById(id)?.textContent);
            const { labels } = element as HTMLInputElement;
            return !(element.getAttribute("aria-label") || labelled || element.textContent || (labels?.length ?? 0) > 0 || element.getAttribute("title") || element.getAttribute("placeholder"));
          })
          .map((element) => element.outerHTML.slice(0, 200)),
      );
      assert.deepEqual(nameless, [], path);
    }
    assert.deepEqual(complaints, []);
  });
}

test("dark follows the system until the person chooses, and the choice is kept", async () => {
  await using visitor = await visit(browser, at("/gallery"), { colorScheme: "dark" });
  const { page, complaints } = visitor;
  const chart = page.locator("[data-example='series: calm'] .chart-canvas");
  await chart.locator("canvas").waitFor();
  assert.ok((await inkOf(chart, paletteOf("dark").actual)) > 200);
  await page.getByRole("button", { name: "Use light colours" }).click();
  await page.waitForFunction(() => !document.body.classList.contains("awsui-dark-mode"));
  assert.ok((await inkOf(chart, actual)) > 200, "charts are drawn anew in the other colours");
  await page.reload();
  await page.getByRole("button", { name: "Use dark colours" }).waitFor();
  assert.deepEqual(complaints, []);
});

test("the console's scripts stay under 300 kB, compressed", () => {
  const bytes = readdirSync(ASSETS)
    .filter((name) => name.endsWith(".js"))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(ASSETS, name)), { level: 9 }).length, 0);
  assert.ok(bytes < 300_000, `${bytes} bytes`);
});

test("the past: the page shows what was known at an instant, says so, and comes back to now", async () => {
  await using visitor = await visit(browser, at("/detectors/ecommerce?tab=log&asOf=2026-03-01T12:00:00Z"));
  const { page, complaints } = visitor;
  await page.getByText(/This is what was known on .*1 Mar 2026/).waitFor();
  const starts = async () => (await page.getByRole("table", { name: "Intervals" }).locator("tbody tr time").first().getAttribute("datetime"))!;
  await page.getByRole("table", { name: "Intervals" }).locator("tbody tr").first().waitFor();
  assert.equal(await starts(), "2026-03-01T10:00:00Z");
  await page.getByRole("button", { name: "Back to now" }).click();
  await page.locator('time[datetime="2026-03-02T09:00:00Z"]').first().waitFor();
  assert.equal(await starts(), "2026-03-02T09:00:00Z");

  await page.goto(at(`/groups/${groupOf("level shift")}`));
  const input = page.getByLabel("As known at");
  await input.fill("2026-01-01T00:00:00");
  // Its panels ask, too: one of them may be told the same before the page is.
  await page.getByText("What was known when").waitFor({ state: "hidden" });
  await page.getByText("nothing was known at").waitFor();
  await page.getByRole("button", { name: "Back to now" }).click();
  await page.getByText("What was known when").waitFor();
  // Only the question before anything was known is an error, and the browser says so, too.
  assert.ok(complaints.every((text) => /400/.test(text)), complaints.join("\n"));
});
