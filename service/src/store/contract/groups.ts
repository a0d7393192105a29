import { expect, test } from "vitest";
import { aCommit, aGroup, aLearnedDetector, anId, aRecord, HEAD_MS, HOUR_MS, NOW_MS } from "../store-fixtures.ts";
import type { StoreContext } from "../store-contract.ts";
import type { Detector } from "../../resources/detector.ts";
import type { GroupFilter, StoredGroup } from "../store.ts";

export function testGroups(context: StoreContext): void {
  const commit = async (detector: Detector, groups: readonly StoredGroup[], hour = 0) =>
    context.store.commitInterval(aCommit(detector, HEAD_MS + hour * HOUR_MS, { groups, record: aRecord(detector, HEAD_MS + hour * HOUR_MS, { knownAtMs: groups[0]?.knownAtMs ?? NOW_MS }) }));
  const numbers = (groups: readonly StoredGroup[]) => groups.map(({ group }) => Number.parseInt(group.id.slice(-12), 16));

  test("a group comes back as it was committed: missing values, infinities, any text", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const group = aGroup(detector, 1);
    await commit(detector, [group]);
    expect(await store.groups.get(anId(1))).toEqual(group);
    expect(await store.groups.open(detector.id, 1)).toEqual([group.group]);
  });

  test("a group of 5,000 members is kept whole", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const member = aGroup(detector, 1).group.members[0];
    const group = aGroup(detector, 1, { members: Array.from({ length: 5000 }, (_, series) => ({ ...member, series })) });
    await commit(detector, [group]);
    expect((await store.groups.get(anId(1)))!.group.members).toEqual(group.group.members);
  });

  test("revisions are kept beside each other, the newest is what the group is", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const revisions = [1, 2, 3].map((revision) => aGroup(detector, 1, { revision, severity: 70 + revision, lastMs: HEAD_MS + revision * HOUR_MS }, { knownAtMs: NOW_MS + revision }));
    for (const [hour, revision] of revisions.entries()) await commit(detector, [revision], hour);
    expect(await store.groups.revisions(anId(1))).toEqual(revisions);
    expect(await store.groups.get(anId(1))).toEqual(revisions[2]);
  });

  test("a group that only grew quieter keeps its revision, and remembers how quiet it is", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    await commit(detector, [aGroup(detector, 1)], 0);
    await commit(detector, [aGroup(detector, 1, { quietIntervals: 2 })], 1);
    expect(await store.groups.open(detector.id, 1)).toMatchObject([{ revision: 1, quietIntervals: 2 }]);
    expect(await store.groups.revisions(anId(1))).toHaveLength(1);
    await commit(detector, [aGroup(detector, 1, { quietIntervals: 4, status: "closed" })], 2);
    expect(await store.groups.open(detector.id, 1)).toEqual([]);
    expect((await store.groups.get(anId(1)))!.group.status).toBe("closed");
  });

  test("open groups are those of the generation asked for", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    await commit(detector, [aGroup(detector, 1), aGroup(detector, 2, { status: "closed" }), aGroup(detector, 3, { status: "merged", mergedInto: anId(1) })]);
    expect((await store.groups.open(detector.id, 1)).map(({ id }) => id)).toEqual([anId(1)]);
    expect(await store.groups.open(detector.id, 2)).toEqual([]);
  });

  test("list filters by detector, severity, measure, status and time", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const elsewhere = await aLearnedDetector(store, { name: "elsewhere" });
    await commit(elsewhere, [aGroup(elsewhere, 9, { severity: 99 })]);
    await commit(detector, [
      aGroup(detector, 1, { severity: 70 }),
      aGroup(detector, 2, { severity: 90, startMs: HEAD_MS + 10 * HOUR_MS, lastMs: HEAD_MS + 12 * HOUR_MS }),
      aGroup(detector, 3, { measure: "it's views", status: "closed" }),
      aGroup(detector, 4, { status: "retracted" }),
      aGroup(detector, 5, { status: "merged", mergedInto: anId(1) }),
    ]);
    const found = async (filter: Partial<GroupFilter>) => {
      const page = await store.groups.list({ limit: 10, ...filter });
      expect(page.total).toBe(page.groups.length);
      return numbers(page.groups).sort((a, b) => a - b);
    };
    expect(await found({})).toEqual([1, 2, 3, 9]);
    expect(await found({ detectorId: detector.id })).toEqual([1, 2, 3]);
    expect(await found({ detectorId: "no id" })).toEqual([]);
    expect(await found({ severityMin: 90 })).toEqual([2, 9]);
    expect(await found({ measure: "it's views" })).toEqual([3]);
    expect(await found({ status: "open" })).toEqual([1, 2, 9]);
    expect(await found({ status: "closed" })).toEqual([3]);
    // Half-open: the last anomalous interval of group 2 is [12, 13).
    expect(await found({ fromMs: HEAD_MS + 12 * HOUR_MS })).toEqual([2]);
    expect(await found({ fromMs: HEAD_MS + 13 * HOUR_MS })).toEqual([]);
    expect(await found({ toMs: HEAD_MS + 10 * HOUR_MS })).toEqual([1, 3, 9]);
    expect(await found({ fromMs: HEAD_MS + 11 * HOUR_MS, toMs: HEAD_MS + 11 * HOUR_MS + 1 })).toEqual([2]);
  });

  test("list is newest first, then the most severe; pages neither skip nor repeat, also when groups are added meanwhile", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const groups = Array.from({ length: 30 }, (_, i) => aGroup(detector, i + 1, { startMs: HEAD_MS + (i % 3) * HOUR_MS, severity: 70 + (i % 4) + 1 / 3 }));
    await commit(detector, groups);
    const order = [...groups].sort((a, b) => b.group.startMs - a.group.startMs || b.group.severity - a.group.severity || (a.group.id < b.group.id ? -1 : 1));

    const seen: StoredGroup[] = [];
    let cursor: string | null = null;
    do {
      const page = await store.groups.list({ limit: 7, ...(cursor === null ? {} : { cursor }) });
      seen.push(...page.groups);
      cursor = page.nextCursor;
      // One that is newer than all: belongs before the first page.
      if (seen.length === 14) await commit(detector, [aGroup(detector, 99, { startMs: HEAD_MS + 50 * HOUR_MS })], 1);
    } while (cursor !== null);
    expect(numbers(seen)).toEqual(numbers(order));
    expect(await store.groups.list({ limit: 31 })).toMatchObject({ total: 31, nextCursor: null });
  });

  test("a cursor that is not ours is refused", async () => {
    const { store } = context;
    for (const cursor of ["", "nonsense", Buffer.from('[1,"x",2]').toString("base64url"), Buffer.from("[1]").toString("base64url")]) {
      await expect(store.groups.list({ limit: 5, cursor })).rejects.toMatchObject({ name: "UserError", code: "CURSOR" });
    }
  });

  test("what is not there is null or empty", async () => {
    const { store } = context;
    for (const id of [anId(1), "no id"]) {
      expect(await store.groups.get(id)).toBeNull();
      expect(await store.groups.revisions(id)).toEqual([]);
    }
  });
}
