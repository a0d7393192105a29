import type { Contribution } from "../api/types.ts";
import { useTheme } from "../app/theme.ts";
import { formatNumber } from "../format/format-number.ts";
import { contributionParts } from "./contribution-picture.ts";
import { paletteOf } from "./palette.ts";

const ARROWS = { up: "▲", down: "▼", none: "" } as const;

/** Where the deviation was seen, one dimension: a bar that sums to 100 %, and its parts in words. */
export function ContributionBar({ contribution }: { contribution: Contribution }) {
  const { values: colours } = paletteOf(useTheme());
  const parts = contributionParts(contribution);
  const colourOf = (index: number) => colours[parts[index]!.isOthers ? colours.length - 1 : index % (colours.length - 1)]!;
  return (
    <section className="contribution" aria-label={`Contributions by ${contribution.dimension}`}>
      <h3>{contribution.dimension}</h3>
      <div className="contribution-bar" aria-hidden="true">
        {parts.map(({ label, share }, i) => (
          <div key={label} style={{ width: `${share}%`, background: colourOf(i) }} title={`${label}: ${share.toFixed(2)} %`} />
        ))}
      </div>
      <ul>
        {parts.map(({ label, share, direction, actual, expected }, i) => (
          <li key={label}>
            <span className="swatch" style={{ background: colourOf(i) }} aria-hidden="true" />
            <b>{label}</b> <span className="share" data-share={share}>{share.toFixed(share < 10 ? 1 : 0)} %</span>{" "}
            {actual !== null && expected !== null && (
              <small>
                {ARROWS[direction]} {formatNumber(actual)} of {formatNumber(expected)} expected
              </small>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
