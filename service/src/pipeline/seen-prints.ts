/**
 * Fingerprints of the intervals as they were last read, in memory: after a start everything in the horizon is read once.
 * They hold for one lineage of one configuration: what another process has corrected, it has read after us.
 */
import type { Fingerprints } from "../crawl/fingerprint-range.ts";
import type { Detector } from "../resources/detector.ts";
import type { System } from "./system.ts";

const seenOf = new WeakMap<object, SeenPrints>();

/** One for each system in this process, as long as that lives. */
export function seenBy({ models }: Pick<System, "models">): SeenPrints {
  const known = seenOf.get(models);
  if (known !== undefined) return known;
  const made = new SeenPrints();
  seenOf.set(models, made);
  return made;
}

interface Seen {
  readonly stamp: string;
  readonly prints: Fingerprints;
  readonly starts: ReadonlySet<number>;
}

class SeenPrints {
  readonly #seen = new Map<string, Seen>();
  /** configurations whose source can't make fingerprints */
  readonly #hopeless = new Set<string>();

  isHopeless({ configHash }: Detector): boolean {
    return this.#hopeless.has(configHash);
  }

  giveUp({ configHash }: Detector): void {
    this.#hopeless.add(configHash);
  }

  isSame(detector: Detector, startMs: number, print: string | undefined): boolean {
    const seen = this.#seen.get(detector.id);
    return seen !== undefined && seen.stamp === stampOf(detector, detector.lineage) && seen.starts.has(startMs) && seen.prints.get(startMs) === print;
  }

  remember(detector: Detector, lineage: number, starts: readonly number[], prints: Fingerprints): void {
    this.#seen.set(detector.id, { stamp: stampOf(detector, lineage), prints, starts: new Set(starts) });
  }
}

function stampOf({ generation, configHash }: Detector, lineage: number): string {
  return `${generation} ${lineage} ${configHash}`;
}
