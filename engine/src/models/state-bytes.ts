/**
 * States as bytes, for checkpoints. A header of 32 bytes, then the slices as they are in memory, little-endian on
 * every machine:
 *
 *   0  "FTST"            8  frequency (index into FREQUENCIES)     16  series count (32 bits)
 *   4  version (32 bits) 12 model (32 bits: 1 = ensemble)          20  slots per series (32 bits)   24–31 zero
 *
 * A state of an older version whose numbers mean something else is refused with the word *relearn*: history is at
 * hand (points are the log, states are checkpoints), and a misread state would be silently wrong.
 */
import { FREQUENCIES, rhythmOf } from "../time/rhythm.ts";
import { EngineError } from "./engine-error.ts";
import { floatsOf, numbersOf } from "./series-states.ts";
import { D_COUNT, STATE_VERSION, layoutOf } from "./state-layout.ts";
import type { SeriesStates } from "./states.ts";

const MAGIC = 0x54535446; // "FTST" read little-endian
const HEADER_BYTES = 32;
const MODEL_ENSEMBLE = 1;

const machineIsLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** The states as bytes; decodeStates gives the same states back, to the bit. */
export function encodeStates(states: SeriesStates): Uint8Array {
  const numbers = numbersOf(states);
  const bytes = new Uint8Array(HEADER_BYTES + numbers.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, STATE_VERSION, true);
  view.setUint32(8, FREQUENCIES.indexOf(states.rhythm.frequency), true);
  view.setUint32(12, MODEL_ENSEMBLE, true);
  view.setUint32(16, states.seriesCount, true);
  view.setUint32(20, states.stateLength, true);
  bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), HEADER_BYTES);
  if (!machineIsLittleEndian) swapSlices(bytes, states.seriesCount, states.stateLength);
  return bytes;
}

/** Reads what encodeStates wrote; anything else is an EngineError that says what is wrong. */
export function decodeStates(bytes: Uint8Array): SeriesStates {
  if (bytes.length < HEADER_BYTES) {
    throw new EngineError("STATE_LENGTH", `a state has a header of ${HEADER_BYTES} bytes; got ${bytes.length} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw new EngineError("STATE_FORMAT", "these bytes are not engine states");
  const version = view.getUint32(4, true);
  if (version > STATE_VERSION) {
    throw new EngineError(
      "STATE_FUTURE_VERSION",
      `the states have version ${version}; this engine knows up to ${STATE_VERSION}: upgrade it, or relearn`,
    );
  }
  if (version < STATE_VERSION) {
    throw new EngineError(
      "STATE_OLD_VERSION",
      `the states have version ${version}; this engine needs ${STATE_VERSION}: relearn from the points`,
    );
  }
  const model = view.getUint32(12, true);
  if (model !== MODEL_ENSEMBLE) throw new EngineError("UNKNOWN_MODEL", `the states are of model ${model}, unknown here`);
  const frequency = FREQUENCIES[view.getUint32(8, true)];
  if (frequency === undefined) {
    throw new EngineError("UNKNOWN_FREQUENCY", `the states have frequency number ${view.getUint32(8, true)}, unknown here`);
  }
  const rhythm = rhythmOf(frequency);
  const { stateLength } = layoutOf(rhythm);
  const seriesCount = view.getUint32(16, true);
  if (view.getUint32(20, true) !== stateLength) {
    throw new EngineError(
      "STATE_LENGTH",
      `a ${frequency} state of version ${version} has ${stateLength} slots; the header says ${view.getUint32(20, true)}`,
    );
  }
  const expected = HEADER_BYTES + seriesCount * stateLength * 8;
  if (bytes.length !== expected) {
    const whole = Math.floor((bytes.length - HEADER_BYTES) / (stateLength * 8));
    throw new EngineError(
      "STATE_LENGTH",
      `${seriesCount} ${frequency} states take ${expected} bytes; got ${bytes.length}`,
      bytes.length < expected ? whole : seriesCount,
    );
  }
  const copy = bytes.slice(HEADER_BYTES); // aligned, and no longer the caller's
  if (!machineIsLittleEndian) swapSlices(copy, seriesCount, stateLength);
  return { rhythm, seriesCount, stateLength, data: new Float64Array(copy.buffer) };
}

/** Turns the byte order of each 64-bit and 32-bit number, at the end of `bytes`. */
function swapSlices(bytes: Uint8Array, seriesCount: number, stateLength: number): void {
  const start = bytes.length - seriesCount * stateLength * 8;
  for (let s = 0; s < seriesCount; s++) {
    const at = start + s * stateLength * 8;
    for (let i = 0; i < D_COUNT; i++) bytes.subarray(at + i * 8, at + i * 8 + 8).reverse();
    for (let i = D_COUNT * 2; i < stateLength * 2; i++) bytes.subarray(at + i * 4, at + i * 4 + 4).reverse();
  }
}

/** Whether two states hold the same bytes: what "the same" means in every promise of this engine. */
export function sameStates(a: SeriesStates, b: SeriesStates): boolean {
  const x = floatsOf(a);
  const y = floatsOf(b);
  if (a.rhythm.frequency !== b.rhythm.frequency || x.length !== y.length) return false;
  const u = new Uint32Array(x.buffer, x.byteOffset, x.length);
  const v = new Uint32Array(y.buffer, y.byteOffset, y.length);
  return u.every((word, i) => word === v[i]);
}
