/** Detectors and what is known of each as a whole. */
import type { Detector, DetectorConfig, DetectorStatus } from "../resources/detector.ts";

export interface DetectorStore {
  /** Throws UserError code "DUPLICATE" when the name is taken. Status INACTIVE, generation 1. */
  create(config: DetectorConfig, configHash: string, nowMs: number): Promise<Detector>;
  get(id: string): Promise<Detector | null>;
  getByName(name: string): Promise<Detector | null>;
  list(): Promise<readonly Detector[]>;
  /** New configuration; `relearn` starts a new generation: head and liveFrom become null, the status INACTIVE. */
  update(id: string, config: DetectorConfig, configHash: string, options: { relearn: boolean }, nowMs: number): Promise<Detector>;
  /**
   * @param expected  set only if the detector is still like this: somebody else may have decided meanwhile
   * @returns whether it was set
   */
  setStatus(
    id: string,
    status: DetectorStatus,
    failureReason: string | null,
    nowMs: number,
    expected?: { readonly statuses: readonly DetectorStatus[]; readonly generation: number },
  ): Promise<boolean>;
  /** The head up to which late rows have been looked for and corrected; null before the first time of a generation. */
  lateRowsUntil(id: string): Promise<number | null>;
  /** What was read again up to `headMs` is in effect; does nothing when the generation is another by now. Never goes back. */
  setLateRowsUntil(id: string, generation: number, headMs: number): Promise<void>;
  setMuted(id: string, muted: boolean, nowMs: number): Promise<void>;
  /**
   * Takes or renews the claim on a detector's past (see pipeline/with-claim.ts).
   *
   * @returns null when it is ours now, else what the one who holds it is doing
   */
  claim(id: string, claim: { readonly by: string; readonly doing: string; readonly untilMs: number }, nowMs: number): Promise<string | null>;
  releaseClaim(id: string, by: string): Promise<void>;
  /** What somebody is doing with the detector's past now; null when nobody is. */
  claimedFor(id: string, nowMs: number): Promise<string | null>;
  /** Removes the detector and everything of it; segments are swept. */
  delete(id: string): Promise<void>;
}
