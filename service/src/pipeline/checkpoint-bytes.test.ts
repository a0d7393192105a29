import { strict as assert } from "node:assert";
import { createStates, judgeAndLearn, rhythmOf, sameStates, type AnomalyGroup } from "@foretop/engine";
import { test } from "vitest";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint-bytes.ts";

const group: AnomalyGroup = {
  id: "g", revision: 2, measure: "views", status: "open", mergedInto: null, kind: "stopped", direction: "down", severity: 90,
  startMs: 0, lastMs: 3_600_000, peakMs: 0, head: [0], actual: NaN, expected: 5, lower: 1, upper: 9, quietIntervals: 0,
  members: [{ series: 0, kind: "stopped", direction: "down", severity: 90, startMs: 0, lastMs: 0, intervalCount: 1, peakMs: 0, actual: NaN, expected: 5, lower: 1, upper: 9 }],
};

test("a checkpoint gives back states and open groups, missing figures included", () => {
  const states = createStates(rhythmOf("PT1H"), 3);
  judgeAndLearn(states, {
    startMs: 0, position: { inDay: 0, hourOfWeek: 0 }, values: Float64Array.of(1, NaN, -0), datasetArrived: true,
    settingsOf: new Uint8Array(3), settings: [{ severityMin: 70, direction: "both", effectMin: 0, effectShareMin: 0, volumeMin: 0 }],
  });
  const back = decodeCheckpoint(encodeCheckpoint({ states, open: [group] }));
  assert.ok(sameStates(back.states, states));
  assert.deepEqual(back.open, [group]);
});

test("bytes that are no checkpoint, or of a future version, are refused", () => {
  const bytes = encodeCheckpoint({ states: createStates(rhythmOf("P1D"), 1), open: [] });
  assert.throws(() => decodeCheckpoint(bytes.subarray(0, 5)), /not a checkpoint/);
  bytes[4] = 9;
  assert.throws(() => decodeCheckpoint(bytes), /version 9/);
});
