/** What no single field can show: names that must differ, names that must exist, a zone that must be one. */
import { rhythmOf } from "@foretop/engine";
import type { ConfigProblem } from "./config-problem.ts";
import { isCounted, type DetectorConfig } from "./detector.ts";
import { didYouMean } from "./did-you-mean.ts";
import { retentionOf } from "./retention.ts";
import type { PathStep } from "./located-document.ts";

export function consistencyProblems(config: DetectorConfig, locate: (path: readonly PathStep[]) => string): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const add = (path: PathStep[], message: string, advice: string | null) => problems.push({ message, where: locate(path), advice });

  const zoneProblem = problemOfZone(config.zone);
  if (zoneProblem !== null) add(["zone"], `"${config.zone}" is not an IANA time zone`, zoneProblem);

  for (const [i, name] of repeated(config.measures.map((measure) => measure.name))) {
    add(["measures", i, "name"], `two measures are called "${name}"`, "Give each its own name; two aggregations of one column are two measures with the same column.");
  }
  for (const [i, name] of repeated(config.dimensions)) add(["dimensions", i], `the dimension "${name}" stands there twice`, "Remove one.");
  for (const [i, name] of repeated(config.alerts.map((alert) => alert.name))) add(["alerts", i, "name"], `two alerts are called "${name}"`, "Give each its own name.");

  for (const [i, name] of config.dimensions.entries()) {
    if (name === config.timestamp.column) add(["dimensions", i], `"${name}" is the timestamp and can't be a dimension`, "Intervals come from it already.");
  }
  for (const [i, measure] of config.measures.entries()) {
    if (measure.column === config.timestamp.column && !isCounted(measure.aggregation)) add(["measures", i, "column"], `"${measure.column}" is the timestamp and can't be a measure`, "Name a number column.");
    else if (config.dimensions.includes(measure.column) && !isCounted(measure.aggregation)) add(["measures", i, "column"], `"${measure.column}" is a dimension and can't be a measure too`, "Name a number column, or COUNT its rows.");
    const { denominator } = measure;
    if (denominator === undefined) continue;
    if (denominator === config.timestamp.column || config.dimensions.includes(denominator)) {
      add(["measures", i, "denominator"], `"${denominator}" is ${denominator === config.timestamp.column ? "the timestamp" : "a dimension"} and can't be a denominator`, "Name a number column.");
    } else if (denominator === measure.column) add(["measures", i, "denominator"], `the ratio "${measure.name}" has "${denominator}" as numerator and denominator`, "It would always be 1: name another column.");
  }

  problems.push(...relationProblems(config, locate), ...linkProblems(config, locate));

  const { pointsDays, scoresDays, groupsDays } = retentionOf(config);
  if (scoresDays > pointsDays) add(["retention", "scoresDays"], `scores would be kept for ${scoresDays} days, their points for ${pointsDays}`, "Keep points at least as long (retention.pointsDays).");
  // A correction that finds no trace of a group would tell it once more.
  if (groupsDays < pointsDays) add(["retention", "groupsDays"], `groups would be kept for ${groupsDays} days, the points they were found in for ${pointsDays}`, "Keep groups at least as long as points.");
  const horizonDays = (config.horizonIntervals * rhythmOf(config.frequency).intervalSeconds) / 86_400;
  if (pointsDays < horizonDays) add(["retention", "pointsDays"], `points would be kept for ${pointsDays} days, but late rows are looked for over ${Math.ceil(horizonDays)}`, "Keep points longer, or lower horizonIntervals.");

  const measureNames = config.measures.map((measure) => measure.name);
  for (const [i, alert] of config.alerts.entries()) {
    for (const [j, name] of alert.measures.entries()) {
      if (!measureNames.includes(name)) add(["alerts", i, "measures", j], `the alert "${alert.name}" names the measure "${name}", which is not one of this detector`, oneOf(name, measureNames));
    }
    for (const [j, filter] of alert.dimensionFilters.entries()) {
      if (!config.dimensions.includes(filter.dimension)) {
        add(["alerts", i, "dimensionFilters", j, "dimension"], `the alert "${alert.name}" filters by "${filter.dimension}", which is not a dimension of this detector`, oneOf(filter.dimension, config.dimensions));
      }
    }
  }
  return problems;
}

/** Parts are measures of this detector, each once; what a measure is made of is said once. */
function relationProblems({ measures, relations = [] }: DetectorConfig, locate: (path: readonly PathStep[]) => string): ConfigProblem[] {
  const names = measures.map(({ name }) => name);
  return relations.flatMap(({ measure, parts }, i): ConfigProblem[] => {
    const where = locate(["relations", i]);
    const unknown = [measure, ...parts.map((part) => part.measure)].find((name) => !names.includes(name));
    if (unknown !== undefined) return [{ message: `the relation of "${measure}" names the measure "${unknown}", which is not one of this detector`, where, advice: oneOf(unknown, names) }];
    if (measures.some(({ name, denominator }) => name === measure && denominator !== undefined)) {
      return [{ message: `"${measure}" is a ratio, which has its parts already`, where, advice: "Remove the relation: a ratio's numerator and denominator are its parts." }];
    }
    if (relations.findIndex((other) => other.measure === measure) < i) return [{ message: `two relations say what "${measure}" is made of`, where, advice: "Keep one of them." }];
    const all = parts.map((part) => part.measure);
    if (all.includes(measure)) return [{ message: `"${measure}" is a part of itself`, where, advice: "Name the measures that it is made of." }];
    const [twice] = repeated(all);
    return twice === undefined ? [] : [{ message: `"${twice[1]}" stands twice in the relation of "${measure}"`, where, advice: "Remove one." }];
  });
}

/** Whether the other detectors are there is for `plan` and `apply` to say (check-links.ts). */
function linkProblems({ name, links = [] }: DetectorConfig, locate: (path: readonly PathStep[]) => string): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const [i, { detector }] of links.entries()) {
    if (detector === name) problems.push({ message: `"${name}" is linked with itself`, where: locate(["links", i, "detector"]), advice: "Its own measures are compared anyway: remove the link." });
  }
  for (const [i, detector] of repeated(links.map((link) => link.detector))) problems.push({ message: `the link with "${detector}" stands there twice`, where: locate(["links", i, "detector"]), advice: "Remove one, or put their measures together." });
  return problems;
}

/** Each value that was there before, with the index of its later place. */
function repeated(values: readonly string[]): [number, string][] {
  return [...values.entries()].filter(([i, value]) => values.indexOf(value) < i);
}

function oneOf(name: string, known: readonly string[]): string {
  const meant = didYouMean(name, known);
  if (meant !== null) return `Did you mean "${meant}"?`;
  return known.length === 0 ? "There are none." : `It is one of ${known.join(", ")}.`;
}

/** null when it is one; else what would be right. Offsets are refused: they have no daylight saving time to follow. */
function problemOfZone(zone: string): string | null {
  const known = ["UTC", ...Intl.supportedValuesOf("timeZone")];
  if (/^[+-]|^(UTC|GMT)[+-]/i.test(zone)) return "A fixed offset can't follow daylight saving time: name a place, e.g. Europe/Berlin, or UTC.";
  try {
    // Aliases (Europe/Kiev, US/Eastern) are accepted by Intl though they are not in its list.
    Intl.DateTimeFormat("en", { timeZone: zone });
    return null;
  } catch {
    const meant = didYouMean(zone, known);
    return meant === null ? "It is a name like UTC, Europe/Berlin or America/New_York." : `Did you mean "${meant}"?`;
  }
}
