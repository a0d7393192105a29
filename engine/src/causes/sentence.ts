/** The report in one or two sentences, first what a reader must know. Figures are rounded for reading, never for data. */
import { segmentText } from "../groups/segments-of.ts";
import type { Cause, CauseReport, SiblingCheck } from "./report.ts";

/** Causes named in the sentence; the rest is counted. */
const SHOWN_MAX = 3;
/** Smaller shares are folded into "and n smaller". */
const SHARE_MIN = 0.05;

export function sentenceOf(report: Omit<CauseReport, "sentence">): string {
  const { measure, verdict, actual, expected, causes } = report;
  if (verdict === "no data") return `${measure}: there is no data in this range, so there is nothing to explain.`;
  const deviation = actual - expected;
  const change = expected === 0 ? "" : ` (${signedPercent(deviation / Math.abs(expected))})`;
  const head = deviation === 0 ? `${measure} as expected` : `${measure} ${amount(Math.abs(deviation))} ${deviation < 0 ? "below" : "above"} expected${change}`;
  if (verdict === "no segment stands out") return [`${head}: no segment stands out.`, shared(report), smallest(report)].filter((text) => text !== "").join(" ");
  if (verdict === "everything moved" || verdict === "everything moved, and more so in") {
    const total = causes[0]!;
    const word = total.direction === "down" ? "fell" : "rose";
    const all = `${head}: all segments ${word} about ${percent(total.change)}`;
    if (causes.length === 1) return `${all}; no single one did it, look upstream.`;
    return `${all}, and beyond that ${namesOf(causes.slice(1))} moved otherwise.`;
  }
  const groups = groupsOf(causes);
  const shown = groups.filter((group, k) => k === 0 || (k < SHOWN_MAX && shareOf(group) >= SHARE_MIN));
  const folded = groups.slice(shown.length).flat();
  const parts = shown.map((group) => `${groupName(group, report)} ${moved(group)}`);
  const explained = report.explained.gross;
  const how = explained >= 0.95 ? "all of it" : `${percent(explained)} of it`;
  const isDistinct = report.isProposal || report.overlap !== null;
  // Distinct counts have no shares: what a segment lost another may have kept.
  const together = isDistinct ? list(parts) : shown.length === 1 && folded.length === 0 ? `${parts[0]} and explains ${how}` : `${list(parts)}; together they explain ${how}`;
  const tail: string[] = [];
  if (folded.length > 0) tail.push(isDistinct ? `${folded.length} smaller not shown.` : `${folded.length} smaller not shown (${percent(folded.reduce((sum, { share }) => sum + share, 0))}).`);
  if (explained < 0.5 && !isDistinct) tail.push("The rest is spread thin.");
  if (groups.length === 1 && groups[0]!.length === 1) tail.push(surroundings(causes[0]!));
  tail.push(shared(report));
  if (report.isProposal) tail.push("Distinct counts do not add up: these are proposals until each is counted by its own query.");
  else if (isDistinct) tail.push("Distinct counts do not add up: each was counted by a query of its own.");
  return [`${head}: ${together}.`, ...tail].filter((text) => text !== "").join(" ");
}

/** "Its countries fell alike; web and android did not." */
function surroundings({ siblings, direction }: Cause): string {
  const word = direction === "down" ? "fell" : "rose";
  const inner = siblings.filter(({ isFixed, alike, otherwise }) => !isFixed && alike.length > 1 && otherwise.length === 0).map(({ dimension }) => dimension);
  const quiet = siblings.filter(({ isFixed, otherwise }) => isFixed && otherwise.length > 0);
  const alike = siblings.filter(({ isFixed, alike: values }) => isFixed && values.length > 0);
  const texts: string[] = [];
  if (inner.length > 0) texts.push(`Its values of ${list(inner)} ${word} alike`);
  if (quiet.length > 0) texts.push(`${list(quiet.map((check) => valuesText(check, check.otherwise)))} did not`);
  if (alike.length > 0) texts.push(`${list(alike.map((check) => valuesText(check, check.alike)))} moved too`);
  return texts.length === 0 ? "" : `${texts.join("; ")}.`;
}

function valuesText({ dimension }: SiblingCheck, values: readonly (string | null)[]): string {
  if (values.length > 4) return `${values.length} other values of ${dimension}`;
  return list(values.map((value) => value ?? "null"));
}

function groupsOf(causes: readonly Cause[]): Cause[][] {
  const groups = new Map<number, Cause[]>();
  for (const cause of causes) {
    const group = groups.get(cause.together);
    if (group === undefined) groups.set(cause.together, [cause]);
    else group.push(cause);
  }
  return [...groups.values()].sort((a, b) => shareOf(b) - shareOf(a));
}

const shareOf = (group: readonly Cause[]) => group.reduce((sum, { share }) => sum + share, 0);

/** One segment by its name; values of one dimension as "platform=ios & country=DE, FR" or "platform=ios in 6 of country". */
function groupName(group: readonly Cause[], report: Omit<CauseReport, "sentence">): string {
  if (group.length === 1) return segmentText({ dimensions: group[0]!.segment });
  const differing = group[0]!.segment.filter(({ name, value }) => group.some(({ segment }) => segment.find((d) => d.name === name)?.value !== value));
  const common = group[0]!.segment.filter((d) => !differing.includes(d));
  const where = common.length === 0 ? "" : ` of ${segmentText({ dimensions: common })}`;
  if (differing.length === 1) {
    const name = differing[0]!.name;
    const all = report.contribution.find(({ dimension }) => dimension === name)?.values.map(({ value }) => value) ?? [];
    const inside = new Set(group.map(({ segment }) => segment.find((d) => d.name === name)!.value));
    const except = all.filter((value) => !inside.has(value));
    if (except.length > 0 && except.length < inside.size && except.length <= 3) {
      return `${common.length === 0 ? `every ${name}` : segmentText({ dimensions: common })} except ${list(except.map((value) => segmentText({ dimensions: [{ name, value }] })))}`;
    }
    if (inside.size <= 4) return `${list([...inside].map((value) => segmentText({ dimensions: [{ name, value }] })))}${where}`;
    return `${inside.size} values of ${name}${where}`;
  }
  return `${group.length} segments${where} (${group.slice(0, 2).map(({ segment }) => segmentText({ dimensions: segment })).join("; ")} …)`;
}

function moved(group: readonly Cause[]): string {
  const expected = group.reduce((sum, cause) => sum + cause.expected, 0);
  const actual = group.reduce((sum, cause) => sum + cause.actual, 0);
  const word = group[0]!.direction === "down" ? "fell" : "rose";
  if (expected === 0 || !Number.isFinite(actual / expected)) return `${word} to ${amount(actual)} from nothing`;
  if (actual === 0) return "fell to zero";
  if (actual / expected > 3) return `rose to ${amount(actual / expected)} times`;
  return `${word} ${percent(actual / expected - 1)}`;
}

function namesOf(causes: readonly Cause[]): string {
  const shown = causes.slice(0, SHOWN_MAX).map(({ segment }) => segmentText({ dimensions: segment }));
  return causes.length > SHOWN_MAX ? `${shown.join(", ")} and ${causes.length - SHOWN_MAX} more` : list(shown);
}

function smallest({ smallestSeen }: Omit<CauseReport, "sentence">): string {
  if (smallestSeen === null) return "";
  const { total, tenth } = smallestSeen;
  return `A common change of ${percent(total)} of everything, or of ${percent(tenth)} in a segment with a tenth of the volume, would have been named.`;
}

/** Told from two percent on: less is in every forecast. */
const SHARED_MIN = 0.02;

function shared({ sharedChange }: Omit<CauseReport, "sentence">): string {
  if (Math.abs(sharedChange) < SHARED_MIN) return "";
  return `Everything is about ${percent(sharedChange)} ${sharedChange < 0 ? "below" : "above"} its forecast, no more than such forecasts usually miss.`;
}

function list(texts: readonly string[]): string {
  return texts.length <= 1 ? (texts[0] ?? "") : `${texts.slice(0, -1).join(", ")} and ${texts[texts.length - 1]}`;
}

function percent(share: number): string {
  const value = Math.abs(share) * 100;
  return `${value < 1 ? value.toPrecision(1) : Math.round(value)} %`;
}

function signedPercent(share: number): string {
  return `${share < 0 ? "−" : "+"}${percent(share)}`;
}

/** Three significant digits below 1,000, whole numbers with separators from there. */
function amount(value: number): string {
  if (!Number.isFinite(value)) return "an unknown amount";
  if (Math.abs(value) < 1000) return String(Number(value.toPrecision(3)));
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}
