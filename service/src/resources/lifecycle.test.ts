import assert from "node:assert/strict";
import { test } from "vitest";
import { UserError } from "../telemetry/errors.ts";
import type { DetectorStatus } from "./detector.ts";
import { isTransitional, LIFECYCLE, refuseIllegal, statusAfterEvent, type LifecycleEvent } from "./lifecycle.ts";

const STATUSES: DetectorStatus[] = ["INACTIVE", "ACTIVATING", "LEARNING", "ACTIVE", "DEACTIVATING", "FAILED", "DELETING"];

/** Who may ask for what, as the retired service had it (reference §1.4). */
const LEGAL: Record<"activate" | "deactivate" | "delete", DetectorStatus[]> = {
  activate: ["INACTIVE", "FAILED"],
  deactivate: ["LEARNING", "ACTIVE"],
  delete: ["INACTIVE", "LEARNING", "ACTIVE", "FAILED"],
};

test.each(Object.entries(LEGAL))("%s is legal in exactly the statuses of the service", (request, legal) => {
  for (const status of STATUSES) {
    assert.equal(statusAfterEvent(status, request as LifecycleEvent) !== null, legal.includes(status), status);
  }
});

test("the ways from created to gone", () => {
  const ways: [LifecycleEvent[], DetectorStatus][] = [
    [["activate", "ready"], "ACTIVE"],
    [["activate", "learned"], "LEARNING"],
    [["activate", "learned", "ready"], "ACTIVE"],
    [["activate", "failed"], "FAILED"],
    [["activate", "failed", "activate", "ready"], "ACTIVE"],
    [["activate", "ready", "deactivate", "deactivated"], "INACTIVE"],
    [["activate", "ready", "deactivate", "deactivated", "activate", "ready"], "ACTIVE"],
    [["activate", "ready", "relearn", "activate", "ready"], "ACTIVE"],
    [["activate", "ready", "delete"], "DELETING"],
  ];
  for (const [events, end] of ways) {
    const status = events.reduce<DetectorStatus | null>((at, event) => at && statusAfterEvent(at, event), "INACTIVE");
    assert.equal(status, end, events.join(" "));
  }
});

test("every status can be reached, and from every one but DELETING the detector can be deleted in the end", () => {
  const reach = (from: DetectorStatus): Set<DetectorStatus> => {
    const seen = new Set([from]);
    for (const status of seen) for (const next of Object.values(LIFECYCLE[status])) seen.add(next);
    return seen;
  };
  assert.deepEqual([...reach("INACTIVE")].sort(), [...STATUSES].sort());
  for (const status of STATUSES) assert.ok(reach(status).has("DELETING"), status);
});

test("a refused request says in which status it would be possible, or to wait", () => {
  const refusal = (status: DetectorStatus, request: "activate" | "delete") => {
    try {
      refuseIllegal("orders", status, request);
    } catch (error) {
      assert.ok(error instanceof UserError && error.code === "CONFLICT");
      return `${error.message} – ${error.advice}`;
    }
    return null;
  };
  assert.equal(refusal("ACTIVE", "activate"), "orders is ACTIVE and can't be activated now – Possible while it is INACTIVE, FAILED.");
  assert.match(refusal("ACTIVATING", "delete")!, /orders is ACTIVATING and can't be deleted now – It is changing its status: wait/);
  assert.equal(refusal("INACTIVE", "activate"), null);
});

test("transitional statuses are those in which nobody may ask for anything", () => {
  for (const status of STATUSES) {
    const mayAsk = (["activate", "deactivate", "delete"] as const).some((request) => statusAfterEvent(status, request) !== null);
    assert.equal(isTransitional(status), !mayAsk, status);
  }
});
