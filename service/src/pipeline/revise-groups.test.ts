import assert from "node:assert/strict";
import type { AnomalyGroup } from "@foretop/engine";
import { test } from "vitest";
import type { Detector } from "../resources/detector.ts";
import { aGroup, HEAD_MS, HOUR_MS } from "../store/store-fixtures.ts";
import { isSameGroup } from "./revise-groups.ts";

const detector = { id: "d", generation: 1 } as Detector; // a group asks for no more of it
const { group } = aGroup(detector, 1, { actual: 30 });
const [member] = group.members;
const withMembers = (...members: AnomalyGroup["members"]): AnomalyGroup => ({ ...group, members });

test("figures within 2 % of the band and half a point of severity are the same group: groups don't flap", () => {
  assert.ok(isSameGroup(group, { ...group, actual: 30.4, severity: 80.4 }));
  assert.ok(!isSameGroup(group, { ...group, actual: 30.5 }));
  assert.ok(!isSameGroup(group, { ...group, severity: 80.6 }));
  assert.ok(!isSameGroup(group, { ...group, actual: NaN }));
});

test("who is in it, as what, on which side and until when decides how it goes on: a change of that is a revision", () => {
  assert.ok(isSameGroup(group, withMembers({ ...member!, severity: 79.9, actual: 3 })));
  assert.ok(!isSameGroup(group, withMembers(member!, { ...member!, series: 2 })));
  assert.ok(!isSameGroup(group, withMembers({ ...member!, direction: "up" })));
  assert.ok(!isSameGroup(group, withMembers({ ...member!, kind: "dip" })));
  assert.ok(!isSameGroup(group, withMembers({ ...member!, lastMs: HEAD_MS + HOUR_MS })));
});
