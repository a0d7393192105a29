/**
 * The real store as one process sees it in bad weather: every call waits for its turn; statements are refused, answers
 * get lost after the statement was done, disks are full when a segment is written, and between computing a commit and
 * making it hours may pass.
 */
import type { Store } from "../../src/store/store.ts";
import { injected, injectedDiskFull } from "./injected.ts";
import type { SimProcess } from "./sim-process.ts";

type Method = (...parameters: unknown[]) => Promise<unknown>;

const COMMITS = new Set(["commitHistory", "commitInterval", "commitCorrection", "segments.nameCheckpoint"]);
const WRITES = /^(ledger\.(open|close|setStatementId)|intervals\.recordFailure|deliveries\.(claimDue|record|resend)|detectors\.set)/;
const FILES = new Set(["segments.writePoints", "segments.writeCheckpoint"]);

export function simStore(real: Store, process: SimProcess): Store {
  const noun = (name: string, target: object): object =>
    new Proxy(target, {
      get: (_, property) => {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof property !== "string" || typeof value !== "function") {
          return name === "" && typeof value === "object" && value !== null ? noun(`${String(property)}.`, value) : value;
        }
        return (...parameters: unknown[]) => rough(process, `${name}${property}`, (value as Method).bind(target), parameters);
      },
    });
  return noun("", real) as Store; // the same members, each taking its turn
}

async function rough(process: SimProcess, label: string, method: Method, parameters: unknown[]): Promise<unknown> {
  const { weather, random } = process.world;
  const isCommit = COMMITS.has(label);
  const isWrite = isCommit || WRITES.test(label);
  if (isCommit && random() < weather.stallsAtCommit) await process.stall(label);
  return process.call(label, async () => {
    if (random() < weather.storeRefuses) throw injected(`${label}: the connection was refused`);
    if (FILES.has(label) && random() < weather.diskFull) throw injectedDiskFull();
    const result = await process.world.plants.run(label, method, parameters);
    if (isWrite && random() < weather.storeAnswerLost) throw injected(`${label}: the connection was lost, nobody knows whether it went through`);
    return result;
  });
}
