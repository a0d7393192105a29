import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import { missingRollUpKeys } from "../series/levels.ts";
import { seriesKey, seriesKeyText, type SeriesKey } from "../series/series-key.ts";
import type { Anomaly, AnomalyGroup, GroupingInput } from "./group.ts";
import { groupAnomalies } from "./group-anomalies.ts";
import { segmentText, segmentsOf } from "./segments-of.ts";

const HOUR = 3_600_000;
const platforms = ["web", "ios", "android"];
const countries = ["DE", "FR", "US", "JP"];

function leavesOf(measure: string): SeriesKey[] {
  return platforms.flatMap((platform) =>
    countries.map((country) => seriesKey(measure, [{ name: "platform", value: platform }, { name: "country", value: country }])),
  );
}
const leaves = [...leavesOf("views"), ...leavesOf("revenue")];
const keys = [...leaves, ...missingRollUpKeys(leaves, () => false)];
const averages = leavesOf("price"); // no roll-ups

/** "views", "views platform=ios", "views platform=ios country=DE" → series number */
function number(text: string, among: readonly SeriesKey[] = keys): number {
  const [measure, ...pairs] = text.split(" ");
  const key = seriesKey(measure!, pairs.map((pair) => ({ name: pair.split("=")[0]!, value: pair.split("=")[1]! })));
  const found = among.findIndex((k) => seriesKeyText(k) === seriesKeyText(key));
  assert.notEqual(found, -1, text);
  return found;
}

function anomaly(text: string, { change = -100, expected = 200, severity = 90, kind, among = keys }: { change?: number; expected?: number; severity?: number; kind?: Anomaly["kind"]; among?: readonly SeriesKey[] } = {}): Anomaly {
  return {
    series: number(text, among),
    kind: kind ?? (change < 0 ? "dip" : "spike"),
    direction: change < 0 ? "down" : "up",
    severity,
    score: severity / 5,
    actual: expected + change,
    expected,
    lower: expected - 10,
    upper: expected + 10,
  };
}

/** Not a real hash: readable in a failing test. */
const hash = (text: string) => `id:${text}`;

function step(t: number, anomalies: readonly Anomaly[], open: readonly AnomalyGroup[] = [], changes: Partial<GroupingInput> = {}): AnomalyGroup[] {
  const result = groupAnomalies({
    startMs: t * HOUR,
    intervalSeconds: 3600,
    anomalies,
    keys,
    isAdditive: (measure) => measure !== "price",
    open: open.filter(({ status }) => status === "open"),
    generation: "g1",
    hash,
    ...changes,
  });
  return [...result.groups];
}

const headTexts = (group: AnomalyGroup, among: readonly SeriesKey[] = keys) => segmentsOf(group, among).map(segmentText);

describe("one interval", () => {
  test("nothing anomalous, no group", () => {
    assert.deepEqual(step(1, []), []);
  });

  test("one leaf is one group with its figures, at its first revision", () => {
    const [group, ...others] = step(1, [anomaly("views platform=ios country=DE")]);
    assert.equal(others.length, 0);
    assert.deepEqual(
      { ...group, members: group!.members.length },
      {
        id: 'id:["g1","views","[\\"views\\",\\"country\\",\\"DE\\",\\"platform\\",\\"ios\\"]",3600000]',
        revision: 1,
        measure: "views",
        status: "open",
        mergedInto: null,
        kind: "dip",
        direction: "down",
        severity: 90,
        startMs: HOUR,
        lastMs: HOUR,
        peakMs: HOUR,
        members: 1,
        head: [number("views platform=ios country=DE")],
        actual: 100,
        expected: 200,
        lower: 190,
        upper: 210,
        quietIntervals: 0,
      },
    );
  });

  test("two unrelated leaves of a measure, and the same leaf of another measure, are groups of their own", () => {
    const groups = step(1, [
      anomaly("views platform=ios country=DE"),
      anomaly("views platform=web country=FR"),
      anomaly("revenue platform=ios country=DE"),
    ]);
    assert.equal(groups.length, 3);
  });

  test("leaves that share an anomalous parent belong together, and the parent is the head", () => {
    const groups = step(1, [
      ...countries.slice(0, 2).map((c) => anomaly(`views platform=ios country=${c}`)),
      anomaly("views platform=ios", { change: -400, expected: 800 }),
    ]);
    assert.equal(groups.length, 1);
    assert.deepEqual(headTexts(groups[0]!), ["platform=ios"]);
    assert.equal(groups[0]!.members.length, 3);
  });

  test("a platform that fell is the head, not the total above it, the countries beside it or the leaves below it", () => {
    const groups = step(1, [
      anomaly("views", { change: -410, expected: 2400 }),
      anomaly("views platform=ios", { change: -400, expected: 800 }),
      ...countries.map((c) => anomaly(`views country=${c}`, { change: -101, expected: 600 })),
      ...countries.map((c) => anomaly(`views platform=ios country=${c}`)),
    ]);
    assert.equal(groups.length, 1);
    assert.deepEqual(headTexts(groups[0]!), ["platform=ios"]);
    assert.equal(groups[0]!.actual, 400);
  });

  test("one leaf that pulls down its platform, its country and the total is the head", () => {
    const groups = step(1, [
      anomaly("views", { change: -190, expected: 2400 }),
      anomaly("views platform=ios", { change: -195, expected: 800 }),
      anomaly("views country=DE", { change: -205, expected: 600 }),
      anomaly("views platform=ios country=DE", { change: -200, expected: 200 }),
    ]);
    assert.equal(groups.length, 1);
    assert.deepEqual(headTexts(groups[0]!), ["platform=ios & country=DE"].map(() => "country=DE & platform=ios"));
  });

  test("when nearly all leaves move, it is one group whose head is the total", () => {
    const groups = step(1, [
      anomaly("views", { change: -720, expected: 2400 }),
      ...platforms.map((p) => anomaly(`views platform=${p}`, { change: -240, expected: 800 })),
      ...countries.map((c) => anomaly(`views country=${c}`, { change: -180, expected: 600 })),
      ...platforms.flatMap((p) => countries.map((c) => anomaly(`views platform=${p} country=${c}`, { change: -60 }))).slice(1),
    ]);
    assert.equal(groups.length, 1);
    assert.deepEqual(headTexts(groups[0]!), ["total"]);
  });

  test("a total that moved without any leaf is found", () => {
    const [group] = step(1, [anomaly("views", { change: -120, expected: 2400 })]);
    assert.deepEqual(headTexts(group!), ["total"]);
  });

  test("a leaf that the total hides is found", () => {
    const [group] = step(1, [anomaly("views platform=web country=JP")]);
    assert.deepEqual(headTexts(group!), ["country=JP & platform=web"]);
  });

  test("two platforms that move against each other under a flat total are one group of mixed direction", () => {
    const groups = step(1, [
      anomaly("views platform=ios", { change: -300, expected: 800 }),
      anomaly("views platform=web", { change: 310, expected: 800 }),
    ]);
    assert.equal(groups.length, 1);
    assert.equal(groups[0]!.direction, "mixed");
    assert.deepEqual(headTexts(groups[0]!), ["platform=web", "platform=ios"]); // and the most severe speaks: their sum would say nothing
    assert.equal(groups[0]!.actual, 1110);
  });

  test("two causes of opposite direction under an anomalous total are both in the head", () => {
    const groups = step(1, [
      anomaly("views", { change: -50, expected: 2400 }),
      anomaly("views platform=ios", { change: -200, expected: 800 }),
      anomaly("views platform=android", { change: 150, expected: 800 }),
    ]);
    assert.equal(groups.length, 1);
    assert.deepEqual(headTexts(groups[0]!).sort(), ["platform=android", "platform=ios"]);
  });

  test("a dimension with one value is the total under another name: the total is the head", () => {
    const single = ["web"].map((p) => seriesKey("v", [{ name: "platform", value: p }, { name: "x", value: "1" }]));
    const few = [...single, ...missingRollUpKeys(single, () => false)];
    const groups = step(1, ["v", "v platform=web", "v x=1", "v platform=web x=1"].map((t) => anomaly(t, { among: few })), [], { keys: few });
    assert.equal(groups.length, 1);
    assert.deepEqual(headTexts(groups[0]!, few), ["total"]);
  });

  test("averages have no roll-ups: most leaves of a platform are one group all the same", () => {
    const groups = step(
      1,
      [...countries.slice(0, 3).map((c) => anomaly(`price platform=ios country=${c}`, { among: averages })), anomaly("price platform=web country=JP", { among: averages })],
      [],
      { keys: averages },
    );
    assert.deepEqual(groups.map(({ members }) => members.length).sort((a, b) => a - b), [1, 3]);
    const three = groups.find(({ members }) => members.length === 3)!;
    assert.equal(three.head.length, 3);
    assert.equal(three.expected, 200, "figures are not added up");
  });

  test("averages with levels: the head goes down to the one series on whose path everything lies", () => {
    const isAdditive = () => false;
    const leaf = anomaly("views platform=ios country=DE", { severity: 95 });
    const above = ["views", "views platform=ios", "views country=DE"].map((t) => anomaly(t, { severity: 80 }));
    assert.deepEqual(headTexts(step(1, [leaf, ...above], [], { isAdditive })[0]!), ["country=DE & platform=ios"]);
    const ios = countries.map((c) => anomaly(`views platform=ios country=${c}`, { severity: 80 }));
    const platform = [anomaly("views platform=ios", { severity: 95 }), anomaly("views country=DE", { severity: 75 }), anomaly("views", { severity: 85 })];
    assert.deepEqual(headTexts(step(1, [...ios, ...platform], [], { isAdditive })[0]!), ["platform=ios"]);
  });

  test("a stopped series counts as its whole expected value, and missing figures stay missing", () => {
    const stopped = { ...anomaly("views platform=ios country=DE", { kind: "stopped" }), actual: NaN };
    const [group] = step(1, [stopped, anomaly("views platform=ios", { change: -200, expected: 800 })]);
    assert.deepEqual(headTexts(group!), ["country=DE & platform=ios"]);
    assert.ok(Number.isNaN(group!.actual));
    assert.equal(group!.kind, "stopped");
  });
});

describe("over time", () => {
  const leafDown = anomaly("views platform=ios country=DE");

  test("a group goes on through its series, keeps its id and counts revisions", () => {
    const first = step(1, [leafDown]);
    const second = step(2, [anomaly("views platform=ios country=DE", { severity: 95, change: -150 })], first);
    assert.equal(second.length, 1);
    const [group] = second;
    assert.equal(group!.id, first[0]!.id);
    assert.deepEqual([group!.revision, group!.startMs, group!.lastMs, group!.peakMs, group!.severity, group!.actual], [2, HOUR, 2 * HOUR, 2 * HOUR, 95, 50]);
    assert.deepEqual([group!.members[0]!.intervalCount, group!.members[0]!.startMs], [2, HOUR]);
  });

  test("it keeps the figures of its most severe interval", () => {
    const second = step(2, [anomaly("views platform=ios country=DE", { severity: 75, change: -50 })], step(1, [leafDown]));
    assert.deepEqual([second[0]!.peakMs, second[0]!.severity, second[0]!.actual], [HOUR, 90, 100]);
  });

  test("it goes on through a parent or a child of its series", () => {
    const viaParent = step(2, [anomaly("views platform=ios", { change: -400, expected: 800 })], step(1, [leafDown]));
    assert.equal(viaParent.length, 1);
    const viaChild = step(3, [anomaly("views platform=ios country=FR")], step(2, [anomaly("views platform=ios")]));
    assert.equal(viaChild.length, 1);
  });

  test("another segment in the next interval is another group", () => {
    const groups = step(2, [anomaly("views platform=web country=FR")], step(1, [leafDown]));
    assert.equal(groups.length, 2);
    assert.equal(groups[0]!.quietIntervals, 1);
  });

  test("up to three quiet intervals lie in between; the fourth closes the group", () => {
    let open = step(1, [leafDown]);
    for (const t of [2, 3, 4]) {
      open = step(t, [], open);
      assert.deepEqual([open[0]!.status, open[0]!.quietIntervals, open[0]!.revision], ["open", t - 1, 1]);
    }
    assert.deepEqual(step(5, [leafDown], open).map(({ revision, quietIntervals }) => [revision, quietIntervals]), [[2, 0]]);
    const [closed] = step(5, [], open);
    assert.deepEqual([closed!.status, closed!.revision, closed!.lastMs], ["closed", 2, HOUR]);
  });

  test("a member that has been quiet for longer does not carry the group on, though the group is open", () => {
    let open = step(1, [leafDown, anomaly("views platform=ios", { change: -400, expected: 800 })]);
    for (const t of [2, 3, 4, 5]) open = step(t, [anomaly("views platform=ios country=FR")], open);
    const groups = step(6, [leafDown], open);
    assert.equal(groups.length, 2);
  });

  test("groups that an interval connects are merged: the older survives", () => {
    const first = step(1, [leafDown]);
    const second = step(2, [leafDown, anomaly("views platform=web country=FR")], first);
    assert.equal(second.length, 2);
    const third = step(3, [anomaly("views", { change: -400, expected: 2400 })], second);
    const merged = third.find(({ status }) => status === "merged")!;
    const survivor = third.find(({ status }) => status === "open")!;
    assert.equal(survivor.id, first[0]!.id);
    assert.deepEqual([merged.mergedInto, merged.revision], [survivor.id, 2]);
    assert.equal(survivor.members.length, 3);
    assert.deepEqual(headTexts(survivor), ["total"]);
    assert.equal(survivor.startMs, HOUR);
  });

  test("a dip that lasts becomes a level shift and stays one; a recovery closes the group and opens nothing", () => {
    const second = step(2, [anomaly("views platform=ios country=DE", { kind: "level shift", severity: 80 })], step(1, [leafDown]));
    assert.equal(second[0]!.kind, "level shift");
    const third = step(3, [leafDown], second);
    assert.equal(third[0]!.kind, "level shift");
    const recovery = anomaly("views platform=ios country=DE", { kind: "recovery", change: 20 });
    const fourth = step(4, [recovery], third);
    assert.deepEqual(fourth.map(({ status, revision }) => [status, revision]), [["closed", 4]]);
    assert.deepEqual(step(4, [recovery]), []);
  });

  test("a day of 25 hours does not cut a daily group", () => {
    const day = 24 * HOUR;
    const at = (startMs: number, open: readonly AnomalyGroup[], anomalies: readonly Anomaly[]) => step(0, anomalies, open, { startMs, intervalSeconds: 86_400 });
    let open = at(day, [], [leafDown]);
    for (const k of [2, 3, 4]) open = at(k * day, open, []);
    open = at(5 * day + HOUR, open, [leafDown]);
    assert.equal(open.length, 1);
  });
});

test("groups do not depend on the order of anomalies or open groups, and input is not changed", () => {
  const pool = keys.map((key, series) => ({ key, series })).filter(({ key }) => key.measure === "views");
  const arbitraryAnomalies = fc.uniqueArray(
    fc.record({ pick: fc.nat(pool.length - 1), change: fc.integer({ min: -150, max: 150 }), severity: fc.integer({ min: 70, max: 100 }) }),
    { selector: ({ pick }) => pick, maxLength: pool.length },
  );
  fc.assert(
    fc.property(fc.array(arbitraryAnomalies, { minLength: 1, maxLength: 6 }), fc.infiniteStream(fc.nat()), (intervals, ranks) => {
      const shuffled = <T>(list: readonly T[]) => list.map((item) => ({ item, rank: ranks.next().value })).sort((a, b) => a.rank - b.rank).map(({ item }) => item);
      let open: AnomalyGroup[] = [];
      for (const [t, picks] of intervals.entries()) {
        const anomalies = picks.map(({ pick, change, severity }) => ({ ...anomaly("views", { change, severity, expected: 1000 >> keys[pool[pick]!.series]!.dimensions.length }), series: pool[pick]!.series }));
        const before = JSON.stringify([anomalies, open]);
        const groups = step(t, anomalies, open);
        assert.equal(JSON.stringify([anomalies, open]), before);
        assert.deepEqual(step(t, shuffled(anomalies), shuffled(open)), groups);
        checkGroups(groups, t, anomalies);
        open = groups;
      }
    }),
  );
});

/** What always holds. */
function checkGroups(groups: readonly AnomalyGroup[], t: number, anomalies: readonly Anomaly[]): void {
  assert.equal(new Set(groups.map(({ id }) => id)).size, groups.length, "ids are unique");
  const active = groups.filter(({ status, lastMs }) => status === "open" && lastMs === t * HOUR);
  for (const { series } of anomalies) assert.equal(active.filter(({ members }) => members.some((m) => m.series === series && m.lastMs === t * HOUR)).length, 1, "each anomaly is in one group");
  for (const group of groups) {
    assert.ok(group.head.length > 0);
    assert.ok(group.head.every((series) => group.members.some((member) => member.series === series)));
    for (const a of group.head) for (const b of group.head) assert.ok(a === b || !isPart(keys[a]!, keys[b]!), "no parent together with its child");
    assert.equal(group.severity, Math.max(...group.members.map(({ severity }) => severity)));
  }
  const nowIn = (group: AnomalyGroup) => group.members.filter(({ lastMs }) => lastMs === t * HOUR).map(({ series }) => keys[series]!);
  for (const a of active) for (const b of active) if (a !== b) for (const x of nowIn(a)) for (const y of nowIn(b)) assert.ok(!isPart(x, y), "a parent and its child never make two groups");
}

function isPart(part: SeriesKey, whole: SeriesKey): boolean {
  return part.dimensions.length < whole.dimensions.length && part.dimensions.every((p) => whole.dimensions.some((w) => w.name === p.name && w.value === p.value));
}

test("an interval in which 20,000 leaves and the total fall is one group, in a moment", () => {
  const many = Array.from({ length: 20_000 }, (_, i) => seriesKey("v", [{ name: "a", value: `a${i % 100}` }, { name: "b", value: `b${Math.floor(i / 100)}` }]));
  const all = [...many, ...missingRollUpKeys(many, () => false)];
  const size = (key: SeriesKey) => [20_000, key.dimensions[0]?.name === "a" ? 200 : 100, 1][key.dimensions.length]! * 100;
  const anomalies = all.map((key, series): Anomaly => ({ ...anomaly("views", { change: -0.3 * size(key), expected: size(key) }), series }));
  const groups = step(1, anomalies, [], { keys: all });
  assert.equal(groups.length, 1);
  assert.deepEqual(headTexts(groups[0]!, all), ["total"]);
});

test("segments are written for people without ambiguity", () => {
  assert.equal(segmentText({ dimensions: [] }), "total");
  assert.equal(segmentText({ dimensions: [{ name: "a", value: null }, { name: "b", value: "null" }, { name: "c", value: "x & y=z" }] }), 'a=null & b="null" & c="x & y=z"');
});

describe("changing sides", () => {
  test("a fall of one segment is not the sequel of another's spike, though both moved the total", () => {
    const spike = step(1, [anomaly("views country=DE", { change: 300 }), anomaly("views", { change: 300 })]);
    const after = step(3, [anomaly("views platform=ios"), anomaly("views", { change: -100 })], step(2, [], spike));
    assert.deepEqual(after.map(({ direction, status, startMs }) => [direction, status, startMs / HOUR]), [["up", "open", 1], ["down", "open", 3]]);
  });

  test("the rebound right after a spike of the same series is the same story", () => {
    const spike = step(1, [anomaly("views platform=ios", { change: 300 })]);
    const after = step(2, [anomaly("views platform=ios", { change: -80 })], spike);
    assert.equal(after.length, 1);
    assert.equal(after[0]!.id, spike[0]!.id);
  });

  test("a fall of hours keeps its side, its beginning and its figures when the return to the old level is the louder one", () => {
    let open: readonly AnomalyGroup[] = [];
    for (let t = 1; t <= 5; t++) open = step(t, [anomaly("views platform=ios", { change: -80, severity: 85 })], open);
    const [fall] = open;
    const [group, ...others] = step(6, [anomaly("views platform=ios", { change: 150, severity: 99 })], open);
    assert.equal(others.length, 0);
    assert.equal(group!.id, fall!.id);
    assert.equal(group!.lastMs, 6 * HOUR);
    const { direction, kind, severity, actual, expected, peakMs, head } = fall!;
    assert.deepEqual(group, { ...group, direction, kind, severity, actual, expected, peakMs, head });
    const [member] = group!.members;
    assert.deepEqual([member!.direction, member!.actual, member!.intervalCount], ["down", fall!.members[0]!.actual, 6]);
  });

  test("of intervals inside the band those on the group's side are shown, however severe the others", () => {
    const inside = (change: number, severity: number) => ({ ...anomaly("views platform=ios", { severity }), direction: "down" as const, kind: "level shift" as const, actual: 200 + change, expected: 200, lower: 100, upper: 300 });
    const first = step(1, [inside(-30, 80)]);
    const [above] = step(2, [inside(60, 95)], first);
    assert.deepEqual([above!.actual, above!.direction, above!.severity], [170, "down", 95]);
    const [below] = step(3, [inside(-60, 95)], [above!]);
    assert.equal(below!.actual, 140);
    const [late] = step(2, [inside(-30, 80)], step(1, [inside(60, 95)]));
    assert.equal(late!.actual, 170, "also where the other side came first");
  });

  test("after one or two intervals the louder side leads: the first may have been its herald", () => {
    const herald = step(1, [anomaly("views platform=ios", { change: 60, severity: 72 })]);
    const [group] = step(2, [anomaly("views platform=ios", { change: -190, severity: 99 })], herald);
    assert.deepEqual([group!.direction, group!.severity, group!.startMs], ["down", 99, HOUR]);
  });
});
