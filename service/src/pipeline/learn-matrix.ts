/**
 * Learns a history matrix series by series. Series never touch each other, so the work is split into pieces of whole
 * series that worker threads take in turn; the result has the same bytes with any number of threads.
 */
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { createStates, learnHistory, type Position, type Rhythm, type SeriesStates } from "@foretop/engine";
import type { HistoryMatrix } from "./history-matrix.ts";

export interface LearnJob {
  readonly rhythm: Rhythm;
  /** [interval] */
  readonly startMs: Float64Array;
  readonly positions: readonly Position[];
  readonly matrix: HistoryMatrix;
}

/** Below this many points a thread costs more than it saves (about 60 ms to start; 1 µs a point and pass). */
const POINTS_FOR_THREADS_MIN = 400_000;

/** Points a piece holds at most, so that progress moves and an abort is noticed. */
const POINTS_PER_PIECE_MAX = 250_000;

export async function learnMatrix(
  job: LearnJob,
  { threads, onProgress, signal }: { threads: number; onProgress?: (seriesDone: number) => void; signal?: AbortSignal },
): Promise<SeriesStates> {
  const { seriesCount, intervalCount } = job.matrix;
  const states = sharedStates(job.rhythm, seriesCount);
  const seriesPerPiece = Math.max(1, Math.floor(POINTS_PER_PIECE_MAX / Math.max(1, intervalCount)));
  const pieces: Piece[] = [];
  for (let from = 0; from < seriesCount; from += seriesPerPiece) {
    pieces.push({ from, to: Math.min(seriesCount, from + seriesPerPiece) });
  }
  let done = 0;
  const report = (piece: Piece): void => {
    done += piece.to - piece.from;
    onProgress?.(done);
  };
  if (threads < 2 || seriesCount * intervalCount < POINTS_FOR_THREADS_MIN) {
    for (const piece of pieces) {
      await setImmediate(); // signals, heartbeats and requests get their turn between pieces
      signal?.throwIfAborted();
      learnPiece(job, states, piece);
      report(piece);
    }
    return states;
  }
  const workers = Array.from({ length: Math.min(threads, pieces.length) }, () => learnInWorker(job, states, pieces, report, signal));
  await Promise.all(workers);
  return states;
}

export interface Piece {
  readonly from: number;
  readonly to: number;
}

/** What a worker thread is given; all arrays lie in shared memory. */
export interface LearnWorkerData extends LearnJob {
  readonly states: SeriesStates;
}

/** Learns the series from … to − 1. Also what the worker thread calls. */
export function learnPiece(job: LearnJob, states: SeriesStates, { from, to }: Piece): void {
  const { intervalCount, values, arrived } = job.matrix;
  const part: SeriesStates = {
    rhythm: states.rhythm,
    seriesCount: to - from,
    stateLength: states.stateLength,
    data: states.data.subarray(from * states.stateLength, to * states.stateLength),
  };
  learnHistory(part, {
    startMs: job.startMs,
    positions: job.positions,
    values: values.subarray(from * intervalCount, to * intervalCount),
    datasetArrived: arrived,
  });
}

function sharedStates(rhythm: Rhythm, seriesCount: number): SeriesStates {
  const states = createStates(rhythm, seriesCount);
  const data = new Float64Array(new SharedArrayBuffer(states.data.byteLength));
  // Copied as bytes: states keep 32-bit numbers inside their 64-bit slots, which a copy by value could canonicalise.
  new Uint8Array(data.buffer).set(new Uint8Array(states.data.buffer, states.data.byteOffset, states.data.byteLength));
  return { ...states, data };
}

/** One thread that takes pieces off the list until there are none. */
async function learnInWorker(
  job: LearnJob,
  states: SeriesStates,
  pieces: Piece[],
  report: (piece: Piece) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = import.meta.url.endsWith(".ts") ? "./learn-worker.ts" : "./learn-worker.js"; // source, or the published build
  const worker = new Worker(new URL(file, import.meta.url), { workerData: { ...job, states } satisfies LearnWorkerData });
  const stop = (): void => void worker.terminate();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      let current: Piece | undefined;
      const next = (): void => {
        if (current !== undefined) report(current);
        current = pieces.shift();
        if (current === undefined) resolve();
        else worker.postMessage(current);
      };
      worker.on("message", next);
      worker.on("error", reject);
      worker.on("exit", () => reject(signal?.aborted === true ? (signal.reason as Error) : new Error("a learning thread ended early")));
      next();
    });
  } finally {
    signal?.removeEventListener("abort", stop);
    await worker.terminate();
  }
}
