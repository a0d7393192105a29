import { workerData } from "node:worker_threads";
import { learnSlices } from "./speed.ts";

const { seriesCount, intervalCount } = workerData as { seriesCount: number; intervalCount: number }; // set by speed.ts
learnSlices(seriesCount, intervalCount);
