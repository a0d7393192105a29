import { formatDuration } from "../format/format-time.ts";
import type { Palette } from "./palette.ts";
import type { SeriesPicture } from "./series-picture.ts";

/** Which line and mark means what; only what this chart shows. */
export function ChartKey({ picture, palette }: { picture: SeriesPicture; palette: Palette }) {
  const { marks, spans, expected, compared, compareSeconds } = picture;
  const has = (what: string) => spans.some((span) => span.what === what);
  const judged = expected.some((value) => value !== null);
  return (
    <ul className="chart-key" aria-label="Key">
      <Item text="actual">
        <line x1="0" x2="22" y1="7" y2="7" stroke={palette.actual} strokeWidth="2" />
      </Item>
      {judged && (
        <Item text="expected, with the band inside which nothing is reported">
          <rect width="22" height="14" fill={palette.band} />
          <line x1="0" x2="22" y1="7" y2="7" stroke={palette.expected} strokeWidth="1.5" strokeDasharray="5 4" />
        </Item>
      )}
      {compared.some((value) => value !== null) && (
        <Item text={`${formatDuration(compareSeconds!)} before`}>
          <line x1="0" x2="22" y1="7" y2="7" stroke={palette.compared} strokeWidth="1.5" strokeDasharray="2 3" />
        </Item>
      )}
      {marks.some(({ heldBack, inGroup, valueMissing }) => heldBack === null && inGroup && !valueMissing) && (
        <Item text="anomalous in this group">
          <circle cx="11" cy="7" r="4.5" fill={palette.anomaly} />
        </Item>
      )}
      {marks.some(({ heldBack, inGroup }) => heldBack === null && !inGroup) && (
        <Item text="another anomaly">
          <circle cx="11" cy="7" r="4.5" fill="none" stroke={palette.anomaly} strokeWidth="1.75" />
        </Item>
      )}
      {marks.some(({ heldBack, valueMissing }) => heldBack === null && valueMissing) && (
        <Item text="anomalous: nothing arrived">
          <circle cx="11" cy="7" r="4.5" fill="none" stroke={palette.anomaly} strokeWidth="1.75" />
          <path d="M8.5 4.5l5 5m0-5l-5 5" stroke={palette.anomaly} strokeWidth="1.75" />
        </Item>
      )}
      {marks.some(({ heldBack }) => heldBack !== null) && (
        <Item text="held back">
          <path d="M11 2l5 5-5 5-5-5z" fill="none" stroke={palette.heldBack} strokeWidth="1.75" />
        </Item>
      )}
      {has("missing") && (
        <Item text="no data">
          <path d="M0 14L14 0M8 14L22 0M-6 14L8 0M16 14L30 0" stroke={palette.missing} strokeWidth="1" />
        </Item>
      )}
      {has("learning") && (
        <Item text="learning">
          <rect width="22" height="14" fill={palette.learning} />
        </Item>
      )}
    </ul>
  );
}

function Item({ text, children }: { text: string; children: React.ReactNode }) {
  return (
    <li>
      <svg width="22" height="14" aria-hidden="true">
        {children}
      </svg>
      {text}
    </li>
  );
}
