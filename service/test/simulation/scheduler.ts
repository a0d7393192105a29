/**
 * Time and order of the simulated world. Everything that a process asks from outside (store, source, channel, sleep)
 * waits at a gate; the scheduler opens one gate at a time, chosen by the seed, and lets the process run until it stands
 * at its next one. So every interleaving of processes that calls can have may come up, and the same seed gives the same
 * one again. When no gate may be opened now, time moves to the first that may.
 */
import { setImmediate } from "node:timers/promises";
import type { Random } from "@foretop/engine";

interface Gate {
  readonly owner: object;
  readonly label: string;
  wakeMs: number;
  readonly open: () => void;
}

/** Beyond this many steps a seed hangs in itself: more than twenty times what the longest takes. */
const STEPS_MAX = 200_000;
/** Turns of the event loop after which branches of one process that wait for each other have all come to stand. */
const SETTLING_TURNS = 4;

export class Scheduler {
  nowMs: number;
  steps = 0;
  readonly #random: Random;
  #gates: Gate[] = [];
  readonly #running = new Set<object>();
  readonly #outside = new Set<Promise<unknown>>();

  constructor(random: Random, nowMs: number) {
    this.#random = random;
    this.nowMs = nowMs;
  }

  /** Resolves when the scheduler opens it, at `wakeMs` or later. */
  gate(owner: object, label: string, wakeMs: number = this.nowMs): Promise<void> {
    return new Promise((resolve) => this.#gates.push({ owner, label, wakeMs, open: resolve }));
  }

  /** Runs as long as it has a gate or work in between; then the scheduler may choose somebody else. */
  started(owner: object): void {
    this.#running.add(owner);
  }

  ended(owner: object): void {
    this.#running.delete(owner);
  }

  /** Its gates never open: a process that was killed. */
  drop(owner: object): void {
    this.#gates = this.#gates.filter((gate) => gate.owner !== owner);
    this.#running.delete(owner);
  }

  /** Nobody else moves while the real world (database, files) is waited for. */
  async outside<T>(work: Promise<T>): Promise<T> {
    this.#outside.add(work);
    try {
      return await work;
    } finally {
      this.#outside.delete(work);
    }
  }

  /** Opens gates until the world's time is `untilMs` and nothing is left to do before it. */
  async runUntil(untilMs: number, afterStep: () => Promise<void>): Promise<void> {
    await this.#settle();
    for (;;) {
      const ready = this.#gates.filter(({ wakeMs }) => wakeMs <= this.nowMs);
      if (ready.length === 0) {
        const next = Math.min(untilMs, ...this.#gates.map(({ wakeMs }) => wakeMs));
        if (next >= untilMs) {
          this.nowMs = Math.max(this.nowMs, untilMs);
          return;
        }
        this.nowMs = next;
        continue;
      }
      if (++this.steps > STEPS_MAX) throw new Error(`more than ${STEPS_MAX} steps: last gates ${ready.map(({ label }) => label).join(", ")}`);
      const gate = ready[Math.floor(this.#random() * ready.length)];
      this.#gates.splice(this.#gates.indexOf(gate), 1);
      this.nowMs += Math.floor(this.#random() * 20); // no two things happen at the very same time for long
      gate.open();
      await this.#settle();
      await afterStep();
    }
  }

  /** Until every running process stands at a gate (or has ended) and nobody waits for the real world. */
  async #settle(): Promise<void> {
    for (let calm = 0; calm < SETTLING_TURNS; ) {
      if (this.#outside.size > 0) await Promise.allSettled(this.#outside);
      await setImmediate();
      const standing = this.#outside.size === 0 && [...this.#running].every((owner) => this.#gates.some((gate) => gate.owner === owner));
      calm = standing ? calm + 1 : 0;
    }
  }
}
