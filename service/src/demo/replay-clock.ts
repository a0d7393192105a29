/**
 * The demo's one clock: it is moved by hand while past days are replayed, and becomes the machine's when the demo goes
 * on live. Everything else of the system stays the same object, so nothing can differ but the time.
 */
import { systemClock, VirtualClock, type Clock } from "../telemetry/clock.ts";

export class ReplayClock implements Clock {
  readonly #virtual: VirtualClock;
  #clock: Clock;

  constructor(startMs: number) {
    this.#virtual = new VirtualClock(startMs);
    this.#clock = this.#virtual;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(ms, signal);
  }

  /** Never goes back; does nothing once live. */
  advanceTo(ms: number): void {
    this.#virtual.advanceTo(ms);
  }

  goLive(): void {
    this.#clock = systemClock;
  }
}
