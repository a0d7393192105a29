import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import type { DetectorSummary } from "../api/types.ts";
import { useQuery } from "../api/use-query.ts";
import { follow, hrefs } from "../app/route.ts";
import { useWidth } from "../app/use-width.ts";
import { formatAgo, formatDuration, frequencyWords } from "../format/format-time.ts";
import { DetectorState } from "../parts/detector-state.tsx";
import { ZoneNote } from "../parts/instant.tsx";
import { Page } from "../parts/page.tsx";
import { Empty, Loaded } from "../parts/states.tsx";

type Column = TableProps.ColumnDefinition<DetectorSummary> & { widthMin: number };

const COLUMNS: readonly Column[] = [
  {
    id: "name",
    header: "Detector",
    widthMin: 0,
    isRowHeader: true,
    cell: ({ name, description }) => (
      <>
        <Link href={hrefs.detector(name)} onFollow={follow} fontSize="heading-s">
          {name}
        </Link>
        {description !== null && <small className="under">{description}</small>}
      </>
    ),
  },
  {
    id: "status", header: "Status", widthMin: 0, minWidth: 130, cell: (detector) => (
      <>
        <DetectorState detector={detector} />
        {detector.lastFailure !== null && <small className="failure under">{detector.lastFailure.message}</small>}
      </>
    ),
  },
  { id: "openGroupCount", header: "Open groups", widthMin: 600, cell: ({ name, openGroupCount }) => (openGroupCount === 0 ? "none" : <Link href={`${hrefs.detector(name)}?status=open`} onFollow={follow}>{openGroupCount}</Link>) },
  { id: "frequency", header: "Looks", widthMin: 900, cell: ({ frequency }) => frequencyWords(frequency).every },
  { id: "last", header: "Last interval", widthMin: 900, cell: ({ lastInterval, status }) => (lastInterval === null ? (status === "INACTIVE" ? "never ran" : "none yet") : `ended ${formatAgo(lastInterval.end, Date.now())}`) },
  { id: "lag", header: "Lag", widthMin: 1100, cell: ({ lag }) => (lag.nextDue === null ? "–" : lag.lagSeconds === 0 ? "none" : `${formatDuration(lag.lagSeconds)} (${lag.dueIntervals} due)`) },
  { id: "series", header: "Series", widthMin: 1300, cell: ({ seriesCount }) => (seriesCount === 0 ? "–" : seriesCount.toLocaleString()) },
];

/** Every detector and how it is doing. */
export function DetectorsPage() {
  const query = useQuery<{ detectors: DetectorSummary[] }>("/v1/detectors");
  const width = useWidth();
  return (
    <Page title="Detectors">
      <Loaded query={query}>
        {({ detectors }) => (
          <Container header={<Header counter={`(${detectors.length})`}>All detectors</Header>} footer={<ZoneNote />}>
            <Table
              variant="embedded"
              wrapLines
              trackBy="id"
              items={detectors}
              columnDefinitions={COLUMNS.filter(({ widthMin }) => width >= widthMin)}
              ariaLabels={{ tableLabel: "Detectors" }}
              empty={<Empty title="No detectors yet" why={<>Apply one: <code>foretop apply params.json</code>, or <code>npm run demo</code> for a look around.</>} />}
            />
          </Container>
        )}
      </Loaded>
    </Page>
  );
}
