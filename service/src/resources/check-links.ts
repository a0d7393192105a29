/**
 * Links against the detectors that there are: a link holds in both directions, so that a change of one detector may not
 * break what another declares either.
 */
import type { Store } from "../store/store.ts";
import type { ConfigProblem } from "./config-problem.ts";
import type { DetectorConfig } from "./detector.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { Locate } from "./parse-config.ts";

/** Empty when every linked detector exists, has the same frequency and the measures that are named. */
export async function checkLinks(config: DetectorConfig, store: Pick<Store, "detectors">, locate: Locate): Promise<ConfigProblem[]> {
  const others = (await store.detectors.list()).map((detector) => detector.config).filter(({ name }) => name !== config.name);
  const problems: ConfigProblem[] = [];
  for (const [i, { detector, measures }] of (config.links ?? []).entries()) {
    const other = others.find(({ name }) => name === detector);
    if (other === undefined) {
      const meant = didYouMean(detector, others.map(({ name }) => name));
      problems.push({
        message: `the link names the detector "${detector}", which there is not`,
        where: locate(["links", i, "detector"]),
        advice: meant === null ? "Apply that detector first. Where both link each other, one link is enough: it holds in both directions." : `Did you mean "${meant}"?`,
      });
      continue;
    }
    if (other.frequency !== config.frequency) {
      problems.push({ message: `"${detector}" has intervals of ${other.frequency}, this detector of ${config.frequency}`, where: locate(["links", i, "detector"]), advice: "Only detectors of the same frequency can be linked." });
      continue;
    }
    problems.push(...unknownMeasures(measures, other).map(({ name, advice, j }) => ({ message: `the link names the measure "${name}", which "${detector}" has not`, where: locate(["links", i, "measures", j]), advice })));
  }
  for (const other of others) {
    const link = other.links?.find(({ detector }) => detector === config.name);
    if (link === undefined) continue;
    const advice = `Change or remove the link in "${other.name}" first.`;
    if (other.frequency !== config.frequency) problems.push({ message: `"${other.name}" is linked with this detector and has intervals of ${other.frequency}, not ${config.frequency}`, where: locate(["frequency"]), advice });
    for (const { name } of unknownMeasures(link.measures, config)) problems.push({ message: `"${other.name}" is linked with the measure "${name}", which this detector would no longer have`, where: locate(["measures"]), advice });
  }
  return problems;
}

function unknownMeasures(names: readonly string[], { measures }: DetectorConfig): { name: string; j: number; advice: string }[] {
  const known = measures.map(({ name }) => name);
  return [...names.entries()].flatMap(([j, name]) => {
    if (known.includes(name)) return [];
    const meant = didYouMean(name, known);
    return [{ name, j, advice: meant === null ? `It has ${known.join(", ")}.` : `Did you mean "${meant}"?` }];
  });
}
