/**
 * Copies of the states a few intervals apart, in memory: a late row of an hour ago is corrected from the copy before it, not
 * from a checkpoint that may be 96 intervals old. What a checkpoint is on disk, this is for as long as the process lives;
 * without it the same bytes come out, later.
 *
 * A copy holds for the lineage it was made on. A correction of our own keeps those before it and takes them along; what
 * another process corrected makes all of them worthless.
 */
import type { AnomalyGroup, SeriesStates } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";

/** Copies of one detector: together with their distance they reach over the horizon of an hourly one. */
export const SNAPSHOTS_KEPT = 3;
const INTERVALS_APART = 12;
/** Of all detectors together; where that is not enough, corrections begin at checkpoints. */
const BYTES_MAX = 256 << 20;

export interface Snapshot {
  readonly states: SeriesStates;
  readonly open: readonly AnomalyGroup[];
  readonly untilMs: number;
}

/** Where a snapshot comes from; LiveModels is one. */
export interface SnapshotSource extends Snapshot {
  readonly detectorId: string;
  readonly generation: number;
  readonly lineage: number;
}

type Lineage = Pick<Detector, "id" | "generation" | "lineage">;

interface Kept {
  readonly stamp: string;
  /** oldest first */
  readonly snapshots: readonly Snapshot[];
}

export class Snapshots {
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /** Copies the states when the last copy is old enough. Call it with what is committed only. */
  offer(source: SnapshotSource): void {
    const stamp = stampOf(source.generation, source.lineage);
    const known = this.#kept.get(source.detectorId);
    const snapshots = known?.stamp === stamp ? known.snapshots : [];
    const lastMs = snapshots.at(-1)?.untilMs ?? -Infinity;
    if (!isDue(source, lastMs)) return;
    this.#put(source.detectorId, { stamp, snapshots: [...snapshots, copyOfSnapshot(source)].slice(-SNAPSHOTS_KEPT) });
  }

  /** The newest copy that ends at or before `notAfterMs`; its states are the caller's to change. */
  newest(detector: Lineage, notAfterMs: number): Snapshot | null {
    const found = this.peek(detector, notAfterMs);
    return found === null ? null : copyOfSnapshot(found);
  }

  /** The same, to be read only. */
  peek(detector: Lineage, notAfterMs: number): Snapshot | null {
    return this.#of(detector).findLast(({ untilMs }) => untilMs <= notAfterMs) ?? null;
  }

  /** Where the copies are, oldest first. */
  ends(detector: Lineage): readonly number[] {
    return this.#of(detector).map(({ untilMs }) => untilMs);
  }

  /** After a correction of our own from `fromMs` on: copies before it hold on the next lineage, too; `later` are its own. */
  corrected(detector: Lineage, fromMs: number, later: readonly Snapshot[]): void {
    const before = this.#of(detector).filter(({ untilMs }) => untilMs <= fromMs);
    const added = later.filter(({ untilMs }) => untilMs > (before.at(-1)?.untilMs ?? -Infinity));
    this.#put(detector.id, { stamp: stampOf(detector.generation, detector.lineage + 1), snapshots: [...before, ...added].slice(-SNAPSHOTS_KEPT) });
  }

  #of({ id, generation, lineage }: Lineage): readonly Snapshot[] {
    const known = this.#kept.get(id);
    return known?.stamp === stampOf(generation, lineage) ? known.snapshots : [];
  }

  #put(detectorId: string, kept: Kept): void {
    this.#bytes += bytesOf(kept) - bytesOf(this.#kept.get(detectorId));
    this.#kept.delete(detectorId);
    this.#kept.set(detectorId, kept);
    for (const [oldest, { stamp, snapshots }] of this.#kept) {
      if (this.#bytes <= BYTES_MAX) break;
      this.#bytes -= bytesOf({ stamp, snapshots });
      this.#kept.delete(oldest);
    }
  }
}

/** Whether the last copy, which ends at `lastMs`, is old enough for the next. */
export function isDue({ states, untilMs }: Pick<Snapshot, "states" | "untilMs">, lastMs: number): boolean {
  return untilMs - lastMs >= INTERVALS_APART * states.rhythm.intervalSeconds * 1000;
}

export function copyOfSnapshot({ states, open, untilMs }: Snapshot): Snapshot {
  return { states: { ...states, data: states.data.slice() }, open, untilMs };
}

function bytesOf(kept: Kept | undefined): number {
  return (kept?.snapshots ?? []).reduce((sum, { states }) => sum + states.data.byteLength, 0);
}

function stampOf(generation: number, lineage: number): string {
  return `${generation} ${lineage}`;
}
