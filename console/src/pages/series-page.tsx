import Container from "@cloudscape-design/components/container";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo } from "react";
import type { SeriesPoints } from "../api/types.ts";
import { useQuery } from "../api/use-query.ts";
import { SeriesChart } from "../charts/series-chart.tsx";
import { AsOf, useAsOf } from "../parts/as-of.tsx";
import { ZoneNote } from "../parts/instant.tsx";
import { Page } from "../parts/page.tsx";
import { Empty, Loaded } from "../parts/states.tsx";

const INTERVAL_SECONDS: Readonly<Record<string, number>> = { PT5M: 300, PT10M: 600, PT1H: 3600, P1D: 86_400 };

/** One series, its last 28 days of hours, with everything that was found or held back. */
export function SeriesPage({ detector, series }: { detector: string; series: string }) {
  const query = useQuery<SeriesPoints>(`/v1/detectors/${encodeURIComponent(detector)}/series/${encodeURIComponent(series)}/points`, { asOf: useAsOf() });
  return (
    <SpaceBetween size="l">
      <AsOf />
      <Loaded query={query}>
        {(points) => (
          <Page title={`${points.measure}: ${points.name}`}>
            <Container footer={<ZoneNote zone={points.zone} />}>{points.starts.length === 0 ? <Empty title="No points" why="Nothing has been read for this series in the time shown." /> : <OneChart points={points} />}</Container>
          </Page>
        )}
      </Loaded>
    </SpaceBetween>
  );
}

function OneChart({ points }: { points: SeriesPoints }) {
  const input = useMemo(() => ({ ...points, group: null, intervalSeconds: INTERVAL_SECONDS[points.frequency] ?? 3600, compareSeconds: null }), [points]);
  return <SeriesChart title={`${points.measure}: ${points.name}`} input={input} range={null} />;
}
