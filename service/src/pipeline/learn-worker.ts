/** A learning thread: gets the job once, then pieces one by one, answers when each is learned. */
import { parentPort, workerData } from "node:worker_threads";
import { learnPiece, type LearnWorkerData, type Piece } from "./learn-matrix.ts";

const job = workerData as LearnWorkerData; // built by learnInWorker, the only one who starts this file

parentPort!.on("message", (piece: Piece) => {
  learnPiece(job, job.states, piece);
  parentPort!.postMessage(piece);
});
