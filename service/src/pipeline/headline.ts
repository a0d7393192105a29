import type { AnomalyGroup } from "@foretop/engine";

type Segment = Readonly<Record<string, string | null>>;

/** More segments than this are counted, not listed: a headline has to fit a phone. */
const SEGMENTS_NAMED_MAX = 3;

/**
 * One sentence for people.
 *
 * @example "views 238 below expected (−17 %): platform=ios"
 * @example "revenue stopped: no rows for marketplace=jp, 512 expected an hour"
 * @example "views shifted between segments: platform=web +54 %, platform=app −39 %"
 */
export function headlineOf(
  group: AnomalyGroup,
  segments: readonly Segment[],
  { intervalSeconds }: { intervalSeconds: number },
): string {
  const where = segmentsText(segments);
  if (group.kind === "stopped") {
    return `${group.measure} stopped: no rows for ${where}, ${number(group.expected)} expected ${perInterval(intervalSeconds)}`;
  }
  if (group.kind === "drop to zero") {
    return `${group.measure} fell to zero: ${where}, ${number(group.expected)} expected ${perInterval(intervalSeconds)}`;
  }
  if (group.direction === "mixed") return `${group.measure} shifted between segments: ${sidesText(group, segments)}`;
  const difference = group.actual - group.expected;
  const side = difference < 0 ? "below" : "above";
  const share = group.expected === 0 ? "" : ` (${signedPercent(difference / Math.abs(group.expected))})`;
  const named = KIND_WORDS[group.kind] ?? "";
  return `${group.measure} ${number(Math.abs(difference))} ${side} expected${share}${named}: ${where}`;
}

const KIND_WORDS: Partial<Record<AnomalyGroup["kind"], string>> = {
  "level shift": ", a level shift",
  drift: ", drifting",
  "flat line": ", a flat line",
  "change of spread": ", moving more than usual",
};

/** Segments that moved against each other, each with its own share: their sum would say nothing. */
function sidesText(group: AnomalyGroup, segments: readonly Segment[]): string {
  // segmentsOf lists the head by severity, then number: the same order here.
  const head = group.members
    .filter(({ series }) => group.head.includes(series))
    .sort((a, b) => b.severity - a.severity || a.series - b.series);
  const texts = segments.map((segment, i) => {
    const { actual, expected } = head[i]!;
    return `${segmentsText([segment])} ${expected === 0 ? "" : signedPercent((actual - expected) / Math.abs(expected))}`.trimEnd();
  });
  if (texts.length <= SEGMENTS_NAMED_MAX) return texts.join(", ");
  return `${texts.slice(0, SEGMENTS_NAMED_MAX).join(", ")} and ${texts.length - SEGMENTS_NAMED_MAX} more`;
}

export function segmentsText(segments: readonly Segment[]): string {
  const texts = segments.map((segment) => {
    const parts = Object.entries(segment).map(([name, value]) => `${name}=${value ?? "null"}`);
    return parts.length === 0 ? "everything" : parts.join(" & ");
  });
  if (texts.length <= SEGMENTS_NAMED_MAX) return texts.join(", ");
  return `${texts.slice(0, SEGMENTS_NAMED_MAX).join(", ")} and ${texts.length - SEGMENTS_NAMED_MAX} more`;
}

function perInterval(seconds: number): string {
  if (seconds >= 82_800) return "a day";
  if (seconds === 3600) return "an hour";
  return `every ${seconds / 60} minutes`;
}

function signedPercent(share: number): string {
  const percent = Math.abs(share) * 100;
  const text = percent >= 10 ? percent.toFixed(0) : percent.toFixed(1);
  return `${share < 0 ? "−" : "+"}${text} %`;
}

/** Three significant digits are enough to decide whether to get up. */
function number(value: number): string {
  if (!Number.isFinite(value)) return "an unknown amount";
  const magnitude = Math.abs(value);
  if (magnitude >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}
