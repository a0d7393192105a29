import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useMemo, useState } from "react";
import type { GroupDetail, GroupSeries, SeriesOverTime } from "../api/types.ts";
import { useQuery } from "../api/use-query.ts";
import { SeriesChart } from "../charts/series-chart.tsx";
import { useAsOf } from "../parts/as-of.tsx";
import { Empty, Loaded } from "../parts/states.tsx";

/** The head first; more would push the explanation out of sight. */
const CHARTS_PER_PAGE = 2;
const DAY_SECONDS = 86_400;
const WEEK_SECONDS = 7 * DAY_SECONDS;
const INTERVAL_SECONDS: Readonly<Record<string, number>> = { PT5M: 300, PT10M: 600, PT1H: 3600, P1D: DAY_SECONDS };

/** Room at the right, so that the newest mark is whole. */
const AIR_SECONDS = 3600;

const RANGES = [
  { id: "1", text: "1 day" },
  { id: "7", text: "7 days" },
  { id: "28", text: "28 days" },
  { id: "all", text: "All" },
] as const;

/** The group's series over time, the head first. */
export function GroupCharts({ group }: { group: GroupDetail }) {
  // Cursors of the pages before, so that one can go back.
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const [days, setDays] = useState(group.frequency === "P1D" ? "all" : "7");
  const [compare, setCompare] = useState(false);
  const query = useQuery<GroupSeries>(`/v1/groups/${encodeURIComponent(group.id)}/series`, { limit: CHARTS_PER_PAGE, cursor: cursors.at(-1), asOf: useAsOf() });
  return (
    <Container
      header={
        <Header
          counter={`(${group.memberCount})`}
          description="The series that explain the group first. Drag over a chart to zoom, double-click to zoom out."
          actions={
            <SpaceBetween direction="horizontal" size="s" alignItems="center">
              <Toggle checked={compare} onChange={({ detail }) => setCompare(detail.checked)}>
                A week before
              </Toggle>
              <SegmentedControl label="How much time the charts show" selectedId={days} options={[...RANGES]} onChange={({ detail }) => setDays(detail.selectedId)} />
            </SpaceBetween>
          }
        >
          Series
        </Header>
      }
    >
      <Loaded query={query}>
        {(loaded) => (
          <SpaceBetween size="l">
            {loaded.series.length === 0 && <Empty title="No points" why="The group's points are no longer stored." />}
            {loaded.series.map((series) => (
              <OneSeries key={series.series} series={series} loaded={loaded} days={days} compare={compare} />
            ))}
            {loaded.total > CHARTS_PER_PAGE && (
              <SpaceBetween direction="horizontal" size="xs" alignItems="center">
                <Button disabled={cursors.length === 0} onClick={() => setCursors(cursors.slice(0, -1))}>
                  Previous series
                </Button>
                <Button disabled={loaded.nextCursor === null} onClick={() => loaded.nextCursor !== null && setCursors([...cursors, loaded.nextCursor])}>
                  Next series
                </Button>
                <span className="note">
                  {cursors.length * CHARTS_PER_PAGE + 1} to {Math.min(loaded.total, (cursors.length + 1) * CHARTS_PER_PAGE)} of {loaded.total}
                </span>
              </SpaceBetween>
            )}
          </SpaceBetween>
        )}
      </Loaded>
    </Container>
  );
}

function OneSeries({ series, loaded, days, compare }: { series: SeriesOverTime; loaded: GroupSeries; days: string; compare: boolean }) {
  const { starts, group, frequency, measure } = loaded;
  const intervalSeconds = INTERVAL_SECONDS[frequency] ?? 3600;
  const input = useMemo(() => ({ ...series, starts, group, intervalSeconds, compareSeconds: compare ? WEEK_SECONDS : null }), [series, starts, group, intervalSeconds, compare]);
  const range = useMemo(() => rangeOf({ starts, group, days }), [starts, group, days]);
  const title = `${measure}: ${series.name}`;
  return (
    <section className="one-series" aria-label={title}>
      <h3>
        {title} {series.isHead && <span className="tag">explains the group</span>} {!series.isLeaf && <span className="tag">roll-up</span>}
      </h3>
      <SeriesChart title={title} input={input} range={range} />
    </section>
  );
}

/** The group at the right, with so many days before its start. */
function rangeOf({ starts, group, days }: { starts: readonly string[]; group: { start: string }; days: string }): readonly [number, number] | null {
  if (days === "all" || starts.length === 0) return null;
  const to = Date.parse(starts.at(-1)!) / 1000 + AIR_SECONDS;
  const first = Date.parse(starts[0]!) / 1000;
  return [Math.max(first, Date.parse(group.start) / 1000 - Number(days) * DAY_SECONDS), to];
}
