import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useTheme } from "../app/theme.ts";
import { USER_ZONE } from "../format/format-time.ts";
import { ChartKey } from "./chart-key.tsx";
import { paletteOf } from "./palette.ts";
import { Readout } from "./readout.tsx";
import { seriesPicture, type SeriesInput, type SeriesPicture } from "./series-picture.ts";
import { plotData, plotOptions } from "./series-plot.ts";

const HEIGHT = 260;
const HEIGHT_SMALL = 150;

/**
 * One series: actual, expected, band, findings. What lies under the pointer (or, with the arrow keys, under the cursor)
 * is spelled out above; at first the group's most severe interval is.
 *
 * @param range  x range to begin with, epoch seconds; null = all
 * @param small  beside the main thing: lower, and without a key
 */
export function SeriesChart({ title, input, range, small = false }: { title: string; input: SeriesInput; range: readonly [number, number] | null; small?: boolean }) {
  const picture = useMemo(() => seriesPicture(input), [input]);
  const palette = paletteOf(useTheme());
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const readoutId = useId();
  const [from, to] = range ?? [null, null];
  const height = small ? HEIGHT_SMALL : HEIGHT;

  useEffect(() => {
    const target = box.current!;
    const settings = { width: target.clientWidth, height, palette, zone: USER_ZONE, range: from === null || to === null ? null : ([from, to] as const), onCursor: setCursor };
    const made = new uPlot(plotOptions(picture, settings), plotData(picture), target);
    plot.current = made;
    const resize = new ResizeObserver(() => {
      if (target.clientWidth > 0 && target.clientWidth !== made.width) made.setSize({ width: target.clientWidth, height });
    });
    resize.observe(target);
    return () => {
      resize.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [picture, palette, from, to, height]);

  const shown = cursor ?? indexToBeginWith(picture);
  const move = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -24, PageDown: 24 }[event.key];
    if (step === undefined || shown === null || plot.current === null) return;
    event.preventDefault();
    const index = Math.min(picture.x.length - 1, Math.max(0, shown + step));
    setCursor(index);
    plot.current.setCursor({ left: plot.current.valToPos(picture.x[index]!, "x"), top: 10 });
  };

  return (
    <figure className={small ? "chart chart-small" : "chart"}>
      <div id={readoutId} aria-live="polite">
        <Readout picture={picture} index={shown} />
      </div>
      <div
        ref={box}
        className="chart-canvas"
        role="img"
        tabIndex={0}
        aria-label={`${title}: ${summary(picture)}. Arrow keys step through the intervals.`}
        aria-describedby={readoutId}
        onKeyDown={move}
      />
      {!small && <ChartKey picture={picture} palette={palette} />}
    </figure>
  );
}

/** The most severe mark of the group, else the newest value. */
function indexToBeginWith({ marks, actual }: SeriesPicture): number | null {
  const ofGroup = marks.filter(({ inGroup, heldBack }) => inGroup && heldBack === null);
  const top = ofGroup.reduce<(typeof ofGroup)[number] | null>((best, mark) => (best === null || (mark.severity ?? 0) >= (best.severity ?? 0) ? mark : best), null);
  if (top !== null) return top.index;
  const last = actual.findLastIndex((value) => value !== null);
  return last < 0 ? null : last;
}

function summary({ x, marks, spans }: SeriesPicture): string {
  const found = marks.filter(({ heldBack }) => heldBack === null).length;
  const heldBack = marks.length - found;
  const missing = spans.filter(({ what }) => what === "missing").length;
  return [`${x.length} intervals`, `${found} anomalous`, heldBack > 0 ? `${heldBack} held back` : "", missing > 0 ? `${missing} stretches without data` : ""].filter(Boolean).join(", ");
}
