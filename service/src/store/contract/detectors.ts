import { expect, test } from "vitest";
import { aConfig, aLearnedDetector, HEAD_MS, NOW_MS } from "../store-fixtures.ts";
import type { StoreContext } from "../store-contract.ts";

export function testDetectors(context: StoreContext): void {
  test("a new detector is INACTIVE, of generation 1, without a head, and comes back as it was given", async () => {
    const { store } = context;
    const config = { ...aConfig("orders_1"), description: "it's \"quoted\" \\ 🦊 \u0000 \ud800" };
    const created = await store.detectors.create(config, "hash", NOW_MS);
    expect(created).toMatchObject({
      config,
      configHash: "hash",
      status: "INACTIVE",
      generation: 1,
      failureReason: null,
      muted: false,
      createdMs: NOW_MS,
      modifiedMs: NOW_MS,
      headMs: null,
      liveFromMs: null,
    });
    expect(await store.detectors.get(created.id)).toEqual(created);
    expect(await store.detectors.getByName("orders_1")).toEqual(created);
  });

  test("a name is taken once, also by two processes at the same moment", async () => {
    const { store, other } = context;
    const results = await Promise.allSettled([store, other, store, other].map(({ detectors }) => detectors.create(aConfig(), "hash", NOW_MS)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const refusals = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
    const duplicate = expect.objectContaining({ name: "UserError", code: "DUPLICATE", message: expect.stringContaining("orders") });
    expect(refusals).toEqual([duplicate, duplicate, duplicate]);
  });

  test("a refused duplicate leaves no trace in the ids of later detectors", async () => {
    const { store } = context;
    const first = await store.detectors.create(aConfig(), "hash", NOW_MS);
    await expect(store.detectors.create(aConfig(), "hash", NOW_MS)).rejects.toMatchObject({ code: "DUPLICATE" });
    await store.detectors.delete(first.id);
    const second = await store.detectors.create(aConfig(), "hash", NOW_MS);
    expect(second.id).not.toBe(first.id);
    // The same names give the same ids on every machine: printf 'detector\norders\n1' | sha256sum
    expect([first.id, second.id]).toEqual(["01acf8d5-acfa-8301-a7c3-74011d41076b", "eeb87313-4e2d-865b-a442-99524cd8298d"]);
  });

  test("list is in order of the names", async () => {
    const { store } = context;
    for (const name of ["b", "a-2", "a_1", "C", "a"]) await store.detectors.create(aConfig(name), "hash", NOW_MS);
    expect((await store.detectors.list()).map(({ config }) => config.name)).toEqual(["C", "a", "a-2", "a_1", "b"]);
  });

  test("what doesn't exist is null; changing it is an error that says so", async () => {
    const { store } = context;
    for (const id of ["00000000-0000-8000-8000-000000000000", "not an id", ""]) {
      expect(await store.detectors.get(id)).toBeNull();
      await expect(store.detectors.setStatus(id, "ACTIVE", null, NOW_MS)).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(store.detectors.setMuted(id, true, NOW_MS)).rejects.toMatchObject({ code: "NOT_FOUND" });
      await store.detectors.delete(id);
    }
    expect(await store.detectors.getByName("nobody")).toBeNull();
  });

  test("status, failure and mute are kept, with the time of the change", async () => {
    const { store } = context;
    const { id } = await store.detectors.create(aConfig(), "hash", NOW_MS);
    await store.detectors.setStatus(id, "FAILED", "relation \"orders\" does not exist\u0000", NOW_MS + 1);
    await store.detectors.setMuted(id, true, NOW_MS + 2);
    expect(await store.detectors.get(id)).toMatchObject({
      status: "FAILED",
      failureReason: "relation \"orders\" does not exist\uFFFD",
      muted: true,
      modifiedMs: NOW_MS + 2,
    });
    await store.detectors.setStatus(id, "ACTIVE", null, NOW_MS + 3);
    expect(await store.detectors.get(id)).toMatchObject({ status: "ACTIVE", failureReason: null });
  });

  test("a change without relearning keeps generation and head", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const changed = await store.detectors.update(detector.id, { ...detector.config, description: "new" }, "hash 2", { relearn: false }, NOW_MS + 9);
    expect(changed).toEqual({ ...detector, config: { ...detector.config, description: "new" }, configHash: "hash 2", modifiedMs: NOW_MS + 9 });
  });

  test("relearning starts a new generation, INACTIVE and without a head; what the old one found stays", async () => {
    const { store } = context;
    const detector = await aLearnedDetector(store);
    const changed = await store.detectors.update(detector.id, detector.config, "hash 2", { relearn: true }, NOW_MS);
    expect(changed).toMatchObject({ generation: 2, headMs: null, liveFromMs: null, status: "INACTIVE", failureReason: null });
    expect(await store.series.list(detector.id, 1)).toHaveLength(3);
    expect(await store.series.list(detector.id, 2)).toEqual([]);
    const [points] = await store.segments.readSeries(detector.id, 1, [0], { startMs: 0, endMs: HEAD_MS });
    expect(points.value).toHaveLength(4);
  });

  test("up to where late rows were looked for never goes back, and starts over with a generation", async () => {
    const { store } = context;
    const { id, config } = await aLearnedDetector(store);
    expect(await store.detectors.lateRowsUntil(id)).toBeNull();
    await store.detectors.setLateRowsUntil(id, 1, HEAD_MS + 2);
    await store.detectors.setLateRowsUntil(id, 1, HEAD_MS + 1);
    await store.detectors.setLateRowsUntil(id, 2, HEAD_MS + 9);
    expect(await store.detectors.lateRowsUntil(id)).toBe(HEAD_MS + 2);
    await store.detectors.update(id, config, "hash 2", { relearn: true }, NOW_MS);
    expect(await store.detectors.lateRowsUntil(id)).toBeNull();
  });

  test("a detector can't be renamed by a change", async () => {
    const { store } = context;
    const detector = await store.detectors.create(aConfig(), "hash", NOW_MS);
    await expect(store.detectors.update(detector.id, aConfig("other"), "hash", { relearn: false }, NOW_MS)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("a claim on the past is one process's until it gives it back or it runs out; renewing keeps it", async () => {
    const { store, other } = context;
    const { id } = await store.detectors.create(aConfig(), "h", NOW_MS);
    const claim = (by: string, untilMs: number) => ({ by, doing: `work of ${by}`, untilMs });
    const taken = await Promise.all([store.detectors.claim(id, claim("a", NOW_MS + 60), NOW_MS), other.detectors.claim(id, claim("b", NOW_MS + 60), NOW_MS)]);
    expect(taken.filter((holder) => holder === null)).toHaveLength(1);
    const [mine, theirs] = taken[0] === null ? ["a", "b"] : ["b", "a"];
    expect(taken.find((holder) => holder !== null)).toBe(`work of ${mine}`);
    expect(await store.detectors.claim(id, claim(mine!, NOW_MS + 90), NOW_MS + 30)).toBe(null);
    expect(await store.detectors.claimedFor(id, NOW_MS + 80)).toBe(`work of ${mine}`);
    await store.detectors.releaseClaim(id, theirs!);
    expect(await other.detectors.claim(id, claim(theirs!, NOW_MS + 99), NOW_MS + 80)).toBe(`work of ${mine}`);
    expect(await store.detectors.claimedFor(id, NOW_MS + 90)).toBe(null);
    expect(await other.detectors.claim(id, claim(theirs!, NOW_MS + 200), NOW_MS + 90)).toBe(null);
    await other.detectors.releaseClaim(id, theirs!);
    expect(await store.detectors.claimedFor(id, NOW_MS + 100)).toBe(null);
  });
}
