/**
 * Keeps connections open for a while between readings: after an outage or in a replay hundreds of intervals are read
 * one after the other, and logging in costs more than most of them (scram alone 10 ms). A wrapper around any connector,
 * which notices nothing of it.
 *
 * A connection that failed in any way, or was left in the middle of a reading, is never used again.
 */
import type { BoundQuery, Connector, ReadOptions, RowBatch, Source, SourceContext } from "./connector.ts";

/** An idle connection is closed after this long: hourly detectors must not hold one all day. */
const IDLE_MS_MAX = 30_000;
/** Idle connections in all; more are closed at once. */
const KEPT_MAX = 8;

export interface KeptSources {
  readonly connectors: readonly Connector[];
  /** Closes what is idle now; at shutdown. */
  close(): Promise<void>;
}

interface IdleSource {
  readonly key: string;
  readonly source: Source;
  readonly timer: NodeJS.Timeout;
}

export function keptSources(connectors: readonly Connector[], { idleMs = IDLE_MS_MAX }: { idleMs?: number } = {}): KeptSources {
  const idle: IdleSource[] = [];
  let isClosed = false;

  function take(key: string): Source | null {
    const found = idle.findIndex((entry) => entry.key === key);
    if (found < 0) return null;
    const [{ source, timer }] = idle.splice(found, 1) as [IdleSource];
    clearTimeout(timer);
    return source;
  }

  async function giveBack(key: string, source: Source): Promise<void> {
    if (isClosed || idle.length >= KEPT_MAX) return source.close();
    const timer = setTimeout(() => {
      const at = idle.findIndex((entry) => entry.source === source);
      if (at >= 0) idle.splice(at, 1);
      // Nobody waits for it; a connection that can't be closed any more is closed already.
      source.close().catch(() => {});
    }, idleMs);
    timer.unref();
    idle.push({ key, source, timer });
  }

  async function openKept(connector: Connector, settings: unknown, context: SourceContext): Promise<Source> {
    const key = JSON.stringify([connector.kind, context.zone, context.dataset ?? null, settings]);
    const source = take(key) ?? (await connector.open(settings, context));
    return new LentSource(source, (isSound) => (isSound ? giveBack(key, source) : source.close()));
  }

  return {
    connectors: connectors.map((connector) => ({
      kind: connector.kind,
      dialect: connector.dialect,
      settings: connector.settings,
      open: (settings, context) => openKept(connector, settings, context),
    })),
    async close() {
      isClosed = true;
      for (const { source, timer } of idle.splice(0)) {
        clearTimeout(timer);
        await source.close();
      }
    },
  };
}

/** A source in use: knows whether all went well with it. */
class LentSource implements Source {
  readonly #source: Source;
  readonly #done: (isSound: boolean) => Promise<void>;
  #isSound = true;
  #isClosed = false;

  constructor(source: Source, done: (isSound: boolean) => Promise<void>) {
    this.#source = source;
    this.#done = done;
  }

  get dialect(): Source["dialect"] {
    return this.#source.dialect;
  }

  get rowsOnly(): string | null {
    return this.#source.rowsOnly ?? null;
  }

  get tellsDigitsApart(): boolean {
    return this.#source.tellsDigitsApart ?? false;
  }

  describe(query: BoundQuery, options?: { signal?: AbortSignal; timeoutMs?: number }) {
    return this.#guarded(this.#source.describe(query, options));
  }

  check(query: BoundQuery | null, timestampColumn: string | null) {
    return this.#guarded(this.#source.check(query, timestampColumn));
  }

  async *read(query: BoundQuery, options: ReadOptions): AsyncGenerator<RowBatch, void, undefined> {
    const wasSound = this.#isSound;
    this.#isSound = false; // until the last row
    yield* this.#source.read(query, options);
    this.#isSound = wasSound;
  }

  async #guarded<T>(work: Promise<T>): Promise<T> {
    const wasSound = this.#isSound;
    this.#isSound = false;
    const result = await work;
    this.#isSound = wasSound;
    return result;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#done(this.#isSound);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
