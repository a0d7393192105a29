import { expect, test } from "vitest";
import { NOW_MS } from "../store-fixtures.ts";
import type { StoreContext } from "../store-contract.ts";

export function testAudit(context: StoreContext): void {
  test("entries of a subject come newest first, as they were recorded", async () => {
    const { store } = context;
    const entry = (action: string, subject = "orders") => ({ atMs: NOW_MS, actor: "cli:ana 🦊", action, subject, detail: { nested: [1, null, "it's"], "": "x\u0000" } });
    for (const action of ["create", "activate", "delete"]) await store.audit.record(entry(action));
    await store.audit.record(entry("create", "other"));
    expect(await store.audit.list("orders", 2)).toEqual([entry("delete"), entry("activate")]);
    expect(await store.audit.list("nobody", 2)).toEqual([]);
  });
}
