import assert from "node:assert/strict";
import { test } from "vitest";
import {
  DEFAULT_MEASURE_SETTINGS,
  EngineError,
  createStates,
  encodeStates,
  explainExpected,
  judge,
  judgeAndLearn,
  learn,
  learnHistory,
  rhythmOf,
  scoreSeries,
  severityIf,
  smallestChangeCaught,
} from "../index.ts";
import type { EngineErrorCode, History, IntervalInput, MeasureSettings } from "../index.ts";

const hourly = rhythmOf("PT1H");
const HOUR_MS = 3_600_000;
const MIDNIGHT = { inDay: 0, hourOfWeek: 0 };

function known() {
  const states = createStates(hourly, 2);
  learnHistory(states, historyOf(60));
  return states;
}

function historyOf(length: number): History {
  return {
    startMs: Float64Array.from({ length }, (_, t) => t * HOUR_MS),
    positions: Array.from({ length }, (_, t) => ({ inDay: t % 24, hourOfWeek: t % 168 })),
    values: Float64Array.from({ length: 2 * length }, (_, i) => 10 + (i % 24)),
  };
}

const input = (changes: Partial<IntervalInput> = {}): IntervalInput => ({
  startMs: 60 * HOUR_MS,
  position: { inDay: 12, hourOfWeek: 60 },
  values: Float64Array.of(20, 21),
  datasetArrived: true,
  settingsOf: new Uint8Array(2),
  settings: [DEFAULT_MEASURE_SETTINGS],
  ...changes,
});

/** Judging, learning and both refuse it alike, by code, text and series; the states keep their bytes. */
function refused(code: EngineErrorCode, says: RegExp, changes: Partial<IntervalInput>, series?: number): void {
  const states = known();
  const before = encodeStates(states);
  const judgement = judge(states, input());
  const isRight = (error: unknown) => error instanceof EngineError && error.code === code && says.test(error.message) && error.series === series;
  assert.throws(() => judge(states, input(changes)), isRight);
  assert.throws(() => judgeAndLearn(states, input(changes)), isRight);
  assert.throws(() => learn(states, input(changes), judgement), isRight);
  assert.deepEqual(encodeStates(states), before);
}

test("an interval that was judged, or lies before one that was, is refused with both times", () => {
  refused("INTERVAL_OUT_OF_ORDER", /1970-01-03T11:00:00.000Z.*1970-01-03T11:00:00.000Z/, { startMs: 59 * HOUR_MS }, 0);
  refused("INTERVAL_OUT_OF_ORDER", /series 0/, { startMs: -1 }, 0);
});

test("values, settings and positions that do not fit are refused with what would be right", () => {
  refused("SERIES_COUNT", /3 values, the states 2 series/, { values: new Float64Array(3) });
  refused("SERIES_COUNT", /for 1 of 2 series/, { settingsOf: new Uint8Array(1) }, 1);
  refused("SERIES_COUNT", /settings number 4 of 1/, { settingsOf: Uint8Array.of(0, 4) }, 1);
  refused("POSITION", /position 24 .* 24 intervals/, { position: { inDay: 24, hourOfWeek: 0 } });
  refused("POSITION", /position 1.5/, { position: { inDay: 1.5, hourOfWeek: 0 } });
  refused("POSITION", /hour of week 168/, { position: { inDay: 0, hourOfWeek: 168 } });
  refused("POSITION", /startMs is NaN/, { startMs: NaN });
});

test("settings that mean nothing are refused by name", () => {
  const wrong = (changes: Partial<MeasureSettings>, says: RegExp) => refused("SETTINGS", says, { settings: [{ ...DEFAULT_MEASURE_SETTINGS, ...changes }] });
  wrong({ severityMin: 101 }, /severityMin is 101; it must be from 0 to 100/);
  wrong({ severityMin: NaN }, /severityMin is NaN/);
  wrong({ effectMin: -1 }, /effectMin is -1/);
  wrong({ effectShareMin: NaN }, /effectShareMin is NaN/);
  wrong({ volumeMin: -0.5 }, /volumeMin is -0.5/);
});

test("states of a wrong length are refused wherever they are given, with the first series that is not whole", () => {
  const states = known();
  const cut = { ...states, data: states.data.slice(0, states.data.length - 1) };
  const isRight = (error: unknown) => error instanceof EngineError && error.code === "STATE_LENGTH" && error.series === 1;
  assert.throws(() => judge(cut, input()), isRight);
  assert.throws(() => learnHistory(cut, { ...historyOf(3), startMs: Float64Array.of(100, 101, 102).map((t) => t * HOUR_MS) }), isRight);
  assert.throws(() => explainExpected(cut, 0, MIDNIGHT), isRight);
  assert.throws(() => severityIf(cut, 0, MIDNIGHT, 1), isRight);
});

test("a question about a series that is not there is refused", () => {
  const states = known();
  for (const series of [2, -1, 0.5]) {
    const isRight = (error: unknown) => error instanceof EngineError && error.code === "SERIES_COUNT" && error.series === series;
    assert.throws(() => explainExpected(states, series, MIDNIGHT), isRight);
    assert.throws(() => severityIf(states, series, MIDNIGHT, 1), isRight);
    assert.throws(() => smallestChangeCaught(states, series, MIDNIGHT, DEFAULT_MEASURE_SETTINGS), isRight);
  }
});

test("a history out of order, with wrong shapes or positions, or that was learned already teaches nothing", () => {
  const later = (length: number): History => ({ ...historyOf(length), startMs: historyOf(length).startMs.map((ms) => ms + 60 * HOUR_MS) });
  const cases: [Partial<History>, EngineErrorCode, number?][] = [
    [{ startMs: historyOf(30).startMs }, "INTERVAL_OUT_OF_ORDER", 0],
    [{ startMs: later(30).startMs.reverse() }, "INTERVAL_OUT_OF_ORDER"],
    [{ startMs: later(30).startMs.map((ms, t) => (t === 7 ? NaN : ms)) }, "INTERVAL_OUT_OF_ORDER"],
    [{ startMs: later(30).startMs.map((ms, t) => (t === 0 ? NaN : ms)) }, "POSITION"],
    [{ positions: historyOf(29).positions }, "SERIES_COUNT"],
    [{ values: new Float64Array(61) }, "SERIES_COUNT"],
    [{ values: new Float64Array(90) }, "SERIES_COUNT"],
    [{ datasetArrived: new Uint8Array(29) }, "SERIES_COUNT"],
    [{ positions: historyOf(30).positions.map((position, t) => (t === 29 ? { inDay: 24, hourOfWeek: 0 } : position)) }, "POSITION"],
    [{ positions: historyOf(30).positions.map((position, t) => (t === 29 ? { inDay: 3, hourOfWeek: 999 } : position)) }, "POSITION"],
  ];
  for (const [changes, code, series] of cases) {
    const states = known();
    const before = encodeStates(states);
    assert.throws(
      () => learnHistory(states, { ...later(30), ...changes }),
      (error: unknown) => error instanceof EngineError && error.code === code && error.series === series,
      code,
    );
    assert.deepEqual(encodeStates(states), before);
  }
});

test("a single series with columns of different lengths is refused", () => {
  const positions = { inDay: new Uint16Array(3), hourOfWeek: new Uint8Array(3) };
  const isRight = (error: unknown) => error instanceof EngineError && error.code === "SERIES_COUNT";
  assert.throws(() => scoreSeries(hourly, { values: new Float64Array(4), ...positions }), isRight);
  assert.throws(() => scoreSeries(hourly, { values: new Float64Array(3), ...positions }, { historyCount: 4 }), isRight);
  assert.throws(
    () => scoreSeries(hourly, { values: new Float64Array(3), inDay: Uint16Array.of(0, 1, 24), hourOfWeek: new Uint8Array(3) }),
    (error: unknown) => error instanceof EngineError && error.code === "POSITION",
  );
});
