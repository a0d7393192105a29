import assert from "node:assert/strict";
import { test } from "vitest";
import { KINDS } from "../scores/judgement.ts";
import type { Kind } from "../scores/judgement.ts";
import { kindOfEvent } from "./kind-of-event.ts";

const of = (...kinds: Kind[]) => KINDS[kindOfEvent(kinds.map((kind) => KINDS.indexOf(kind)))];

test("an event is what it turned out to be, not what it looked like at its start", () => {
  assert.equal(of("dip", "dip", "drop to zero"), "drop to zero");
  assert.equal(of("spike", "none", "level shift", "recovery"), "level shift");
  assert.equal(of("none", "spike"), "spike");
  assert.equal(of("none", "recovery"), "recovery");
});

test("an event without findings, or without points, is nothing", () => {
  assert.equal(of("none", "none"), "none");
  assert.equal(of(), "none");
});
