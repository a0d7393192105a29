import { formatNumber, formatShare } from "../format/format-number.ts";
import { formatDuration, formatShort } from "../format/format-time.ts";
import type { SeriesPicture } from "./series-picture.ts";

/** One interval in words: when, actual against expected and band, and what was found. */
export function Readout({ picture, index }: { picture: SeriesPicture; index: number | null }) {
  if (index === null) return <p className="readout">No data in this range.</p>;
  const { x, actual, expected, lower, upper, compared, marks, spans } = picture;
  const value = actual[index] ?? null;
  const usual = expected[index] ?? null;
  const mark = marks.find((one) => one.index === index);
  const share = value === null || usual === null || usual === 0 ? null : (value - usual) / Math.abs(usual);
  const state = spans.find(({ what, from, to }) => what !== "group" && x[index]! > from && x[index]! < to)?.what;
  return (
    <p className="readout">
      <time dateTime={new Date(x[index]! * 1000).toISOString()}>{formatShort(x[index]! * 1000)}</time>
      <span>
        actual <b>{formatNumber(value)}</b>
      </span>
      {usual !== null && (
        <span>
          expected <b>{formatNumber(usual)}</b> ({formatNumber(lower[index] ?? null)} to {formatNumber(upper[index] ?? null)})
        </span>
      )}
      {share !== null && <span>{formatShare(share)}</span>}
      {(compared[index] ?? null) !== null && <span>{formatDuration(picture.compareSeconds!)} before {formatNumber(compared[index]!)}</span>}
      {mark !== undefined && (
        <span className={mark.heldBack === null ? "found" : "held-back"}>
          {mark.kind}
          {mark.severity === null ? "" : `, severity ${mark.severity.toFixed(0)}`}
          {mark.heldBack === null ? "" : `, held back: ${mark.heldBack}`}
        </span>
      )}
      {mark === undefined && state === "learning" && <span>learning: not judged yet</span>}
      {mark === undefined && state === "history" && <span>history: learned from, not judged</span>}
    </p>
  );
}
