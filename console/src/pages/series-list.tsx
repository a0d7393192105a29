import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useState } from "react";
import type { DetectorDetail, SeriesSummary } from "../api/types.ts";
import { useQuery } from "../api/use-query.ts";
import { follow, hrefs } from "../app/route.ts";
import { useWidth } from "../app/use-width.ts";
import { formatNumber } from "../format/format-number.ts";
import { Instant } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/states.tsx";

const SERIES_PER_PAGE = 50;

/** What is watched: every series with what it still has to learn. */
export function SeriesList({ detector }: { detector: DetectorDetail }) {
  const [search, setSearch] = useState("");
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const width = useWidth();
  const query = useQuery<{ series: SeriesSummary[]; total: number; nextCursor: string | null }>(`/v1/detectors/${encodeURIComponent(detector.name)}/series`, {
    search: search === "" ? undefined : search,
    limit: SERIES_PER_PAGE,
    cursor: cursors.at(-1),
  });
  const columns = [
    { id: "name", header: "Series", widthMin: 0, isRowHeader: true, cell: ({ series, name }: SeriesSummary) => <Link href={hrefs.series(detector.name, series)} onFollow={follow}>{name}</Link> },
    { id: "measure", header: "Measure", widthMin: 0, cell: ({ measure }: SeriesSummary) => measure },
    { id: "state", header: "State", widthMin: 600, cell: ({ pointsNeeded }: SeriesSummary) => (pointsNeeded === 0 ? "judged" : `learning: ${pointsNeeded} more points`) },
    { id: "level", header: "Level", widthMin: 900, cell: ({ isLeaf }: SeriesSummary) => (isLeaf ? "leaf" : "roll-up") },
    { id: "firstSeen", header: "First seen", widthMin: 900, cell: ({ firstSeen }: SeriesSummary) => <Instant at={firstSeen} zone={detector.zone} /> },
  ].filter(({ widthMin }) => width >= widthMin);
  return (
    <Loaded query={query}>
      {({ series, total, nextCursor }) => (
        <Container
          header={<Header counter={`(${formatNumber(total)})`}>Series</Header>}
          footer={
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={cursors.length === 0} onClick={() => setCursors(cursors.slice(0, -1))}>Back</Button>
              <Button disabled={nextCursor === null} onClick={() => nextCursor !== null && setCursors([...cursors, nextCursor])}>More</Button>
            </SpaceBetween>
          }
        >
          <SpaceBetween size="m">
            <TextFilter
              filteringText={search}
              filteringPlaceholder="Find by dimension value"
              filteringAriaLabel="Find by dimension value"
              onChange={({ detail }) => {
                setSearch(detail.filteringText);
                setCursors([]);
              }}
            />
            <Table variant="embedded" wrapLines trackBy="series" items={series} columnDefinitions={columns} ariaLabels={{ tableLabel: "Series" }} empty={<Empty title={search === "" ? "No series yet" : `No series is named like “${search}”`} why={search === "" ? "They come with the history." : "Names are dimension values, like platform=web."} />} />
          </SpaceBetween>
        </Container>
      )}
    </Loaded>
  );
}
