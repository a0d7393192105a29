/** Where "now" comes from: the machine's clock, or a virtual one in replays, demos and simulations. */
export interface Clock {
  /** epoch milliseconds */
  nowMs(): number;
  /** Resolves when that much of this clock's time has passed, or when aborted (rejects with the signal's reason). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const done = () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
      const abort = () => {
        clearTimeout(timer);
        reject(signal!.reason as Error);
      };
      signal?.addEventListener("abort", abort, { once: true });
    }),
};

/** A clock that somebody else moves: `advanceTo` never goes back; sleeping moves it. */
export class VirtualClock implements Clock {
  #nowMs: number;
  constructor(startMs: number) {
    this.#nowMs = startMs;
  }
  nowMs(): number {
    return this.#nowMs;
  }
  advanceTo(ms: number): void {
    this.#nowMs = Math.max(this.#nowMs, ms);
  }
  sleep(ms: number): Promise<void> {
    this.#nowMs += Math.max(0, ms);
    return Promise.resolve();
  }
}
