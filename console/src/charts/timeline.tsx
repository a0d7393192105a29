import { useMemo } from "react";
import { hrefs, navigate } from "../app/route.ts";
import { useTheme } from "../app/theme.ts";
import { USER_ZONE } from "../format/format-time.ts";
import { paletteOf, type Palette } from "./palette.ts";
import { timelinePicture, type TimelineBar, type TimelineInput } from "./timeline-picture.ts";

const HEIGHT = 120;
/** A label further to the right would be cut off. */
const LABEL_LEFT_MAX = 0.95;
const WIDTH = 1000; // the picture is stretched to the page's width

/** Groups over time: one bar each, as long as it lasted, as high as it was severe. A click opens it. */
export function Timeline({ input }: { input: TimelineInput }) {
  const picture = useMemo(() => timelinePicture(input), [input]);
  const palette = paletteOf(useTheme());
  const dayText = new Intl.DateTimeFormat("en-GB", { timeZone: USER_ZONE, day: "numeric", month: "short" });
  return (
    <figure className="timeline" aria-label={`${picture.bars.length} anomaly groups over time; all of them are listed below`}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" width="100%" height={HEIGHT} role="presentation">
        {picture.days.map(({ ms, left }) => (
          <line key={ms} x1={left * WIDTH} x2={left * WIDTH} y1="0" y2={HEIGHT} stroke={palette.grid} vectorEffect="non-scaling-stroke" />
        ))}
        <line x1="0" x2={WIDTH} y1={picture.thresholdTop * HEIGHT} y2={picture.thresholdTop * HEIGHT} stroke={palette.missing} strokeDasharray="4 4" vectorEffect="non-scaling-stroke" />
        <line x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} stroke={palette.axis} vectorEffect="non-scaling-stroke" />
        {picture.bars.map((bar) => (
          <Bar key={bar.id} bar={bar} palette={palette} />
        ))}
      </svg>
      <div className="timeline-days" aria-hidden="true">
        {picture.days.filter(({ left }) => left < LABEL_LEFT_MAX).map(({ ms, left }) => (
          <span key={ms} style={{ left: `${left * 100}%` }}>
            {dayText.format(ms)}
          </span>
        ))}
      </div>
    </figure>
  );
}

function Bar({ bar, palette }: { bar: TimelineBar; palette: Palette }) {
  const { id, headline, left, width, top, open } = bar;
  // Wide enough to be seen and hit, however short the group was.
  const shownWidth = Math.max(6, width * WIDTH);
  const x = Math.min(left * WIDTH, WIDTH - shownWidth);
  return (
    <g className="timeline-bar" onClick={() => navigate(hrefs.group(id))}>
      <title>{headline}</title>
      <rect x={x} width={shownWidth} y={top * HEIGHT} height={HEIGHT - top * HEIGHT} fill={palette.anomaly} fillOpacity={open ? 0.28 : 0.14} />
      <rect x={x} width={shownWidth} y={Math.max(0, top * HEIGHT - 1.5)} height="4" fill={palette.anomaly} />
    </g>
  );
}
