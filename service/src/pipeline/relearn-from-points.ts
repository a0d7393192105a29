/**
 * Points are the log: when no checkpoint can be used – all damaged, or of a version of the models that this one can't
 * read – the history is learned again from its stored points. The same bytes as at activation, without the source.
 */
import { positionOf, rhythmOf, type SeriesStates } from "@foretop/engine";
import type { Detector } from "../resources/detector.ts";
import type { PointsSegment, Store } from "../store/store.ts";
import type { HistoryMatrix } from "./history-matrix.ts";
import { learnMatrix } from "./learn-matrix.ts";

/** Null when no history is stored. Throws SegmentDamagedError when a file of it is damaged, too. */
export async function relearnFromPoints(detector: Detector, { segments }: Pick<Store, "segments">): Promise<SeriesStates | null> {
  const { config, generation, liveFromMs } = detector;
  if (liveFromMs === null) return null;
  const parts: PointsSegment[] = [];
  for (const row of await segments.listPoints(detector.id, generation, { startMs: 0, endMs: liveFromMs })) parts.push(await segments.readPoints(row));
  if (parts.length === 0) return null;
  const startMs = startsOf(parts);
  return learnMatrix(
    {
      rhythm: rhythmOf(config.frequency),
      startMs,
      positions: Array.from(startMs, (ms) => positionOf(ms, config.frequency, config.zone)),
      matrix: matrixOf(parts, startMs),
    },
    { threads: 1 },
  );
}

function startsOf(parts: readonly PointsSegment[]): Float64Array {
  const starts = new Set<number>();
  for (const { startMs } of parts) for (const ms of startMs) starts.add(ms);
  return Float64Array.from(starts).sort();
}

function matrixOf(parts: readonly PointsSegment[], startMs: Float64Array): HistoryMatrix {
  const intervalCount = startMs.length;
  const seriesCount = 1 + Math.max(...parts.map(({ series }) => series.at(-1) ?? -1)); // rows are sorted by series
  const values = new Float64Array(new SharedArrayBuffer(seriesCount * intervalCount * 8)).fill(NaN);
  const counts = new Float64Array(new SharedArrayBuffer(seriesCount * intervalCount * 8));
  const arrived = new Uint8Array(new SharedArrayBuffer(intervalCount));
  const indexOf = new Map(Array.from(startMs, (ms, t) => [ms, t]));
  for (const part of parts) {
    for (let row = 0; row < part.series.length; row++) {
      const t = indexOf.get(part.startMs[row]!)!;
      const at = part.series[row]! * intervalCount + t;
      values[at] = part.value[row]!;
      counts[at] = part.count[row]!;
      if (part.count[row]! > 0) arrived[t] = 1;
    }
  }
  return { seriesCount, intervalCount, values, counts, arrived };
}
