/** Detectors that are looked at together with one: those it links, and those that link it. A link holds in both directions. */
import type { Detector } from "../resources/detector.ts";

export interface LinkedDetector {
  readonly detector: Detector;
  /** only these of its measures; null = all */
  readonly measures: readonly string[] | null;
}

export interface LinkedDetectors {
  readonly linked: readonly LinkedDetector[];
  /** links that can't be followed, with the reason */
  readonly broken: readonly string[];
}

/**
 * @param measure  of `own`, which is asked about: a link that names other measures of `own` says nothing of it
 * @param all      every detector of the installation
 */
export function linkedDetectors(own: Detector, measure: string, all: readonly Detector[]): LinkedDetectors {
  const linked: LinkedDetector[] = [];
  const broken: string[] = [];
  const follow = (detector: Detector, measures: readonly string[]): void => {
    if (linked.some((known) => known.detector.id === detector.id)) return;
    if (detector.config.frequency !== own.config.frequency) broken.push(`${detector.config.name}: it has intervals of ${detector.config.frequency}, ${own.config.name} of ${own.config.frequency}`);
    else linked.push({ detector, measures: measures.length === 0 ? null : measures });
  };
  for (const { detector: name, measures } of own.config.links ?? []) {
    const detector = all.find(({ config }) => config.name === name);
    if (detector === undefined) broken.push(`${name}: there is no such detector any more`);
    else follow(detector, measures);
  }
  for (const detector of [...all].sort((a, b) => (a.config.name < b.config.name ? -1 : 1))) {
    const link = detector.id === own.id ? undefined : detector.config.links?.find((each) => each.detector === own.config.name);
    if (link !== undefined && (link.measures.length === 0 || link.measures.includes(measure))) follow(detector, []);
  }
  return { linked, broken };
}
