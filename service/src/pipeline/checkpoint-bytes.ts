/**
 * What a checkpoint holds: the states of all series, and the groups that were open, so that a correction can go back to
 * it and come forward again, grouping as it goes.
 *
 * Layout: "FTCP", version (u32 LE), length of the JSON (u32 LE), JSON {groups}, then the states as the engine wrote them.
 */
import { decodeStates, encodeStates, type AnomalyGroup, type SeriesStates } from "@foretop/engine";

const MAGIC = 0x50435446; // "FTCP", little-endian
const VERSION = 1;
const HEADER_BYTES = 12;

export interface Checkpoint {
  readonly states: SeriesStates;
  readonly open: readonly AnomalyGroup[];
}

export function encodeCheckpoint({ states, open }: Checkpoint): Uint8Array {
  // JSON has no NaN: a missing actual becomes null and comes back as NaN.
  const json = new TextEncoder().encode(JSON.stringify({ groups: open }));
  const body = encodeStates(states);
  const bytes = new Uint8Array(HEADER_BYTES + json.length + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, json.length, true);
  bytes.set(json, HEADER_BYTES);
  bytes.set(body, HEADER_BYTES + json.length);
  return bytes;
}

/** Throws when the bytes are no checkpoint of this version; the caller relearns from the points then. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) throw new Error("this is not a checkpoint");
  const version = view.getUint32(4, true);
  if (version !== VERSION) throw new Error(`the checkpoint has version ${version}; this foretop reads version ${VERSION}`);
  const jsonLength = view.getUint32(8, true);
  const text = new TextDecoder().decode(bytes.subarray(HEADER_BYTES, HEADER_BYTES + jsonLength));
  const { groups } = JSON.parse(text) as { groups: AnomalyGroup[] }; // written by encodeCheckpoint, checksummed on disk
  return { states: decodeStates(bytes.slice(HEADER_BYTES + jsonLength)), open: groups.map(withMissing) };
}

const FIGURES = ["actual", "expected", "lower", "upper"] as const;

function withMissing(group: AnomalyGroup): AnomalyGroup {
  const figures = <T extends Readonly<Record<(typeof FIGURES)[number], number>>>(of: T): T =>
    ({ ...of, ...Object.fromEntries(FIGURES.map((name) => [name, (of[name] as number | null) ?? NaN])) });
  return { ...figures(group), members: group.members.map((member) => figures(member)) };
}
