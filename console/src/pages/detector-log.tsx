import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import type { DetectorDetail, IntervalSummary } from "../api/types.ts";
import { useQuery } from "../api/use-query.ts";
import { useWidth } from "../app/use-width.ts";
import { formatNumber } from "../format/format-number.ts";
import { useAsOf } from "../parts/as-of.tsx";
import { Instant } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { IntervalPanel } from "./interval-panel.tsx";

const INTERVALS_PER_PAGE = 25;

/** What became of each interval, newest first; one of them in full below. */
export function DetectorLog({ detector }: { detector: DetectorDetail }) {
  // Cursors of the pages before, so that one can go back.
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const [opened, setOpened] = useState<string | null>(null);
  const width = useWidth();
  const query = useQuery<{ intervals: IntervalSummary[]; nextCursor: string | null }>(`/v1/detectors/${encodeURIComponent(detector.name)}/intervals`, { limit: INTERVALS_PER_PAGE, cursor: cursors.at(-1), asOf: useAsOf() });
  const columns = [
    { id: "start", header: "Interval", widthMin: 0, isRowHeader: true, cell: ({ start }: IntervalSummary) => <Link onFollow={() => setOpened(start)}><Instant at={start} zone={detector.zone} /></Link> },
    { id: "status", header: "Outcome", widthMin: 0, cell: ({ status, message }: IntervalSummary) => <StatusIndicator type={status === "FAILED" ? "error" : message === null ? "success" : "warning"}>{message ?? (status === "FAILED" ? "failed" : "judged")}</StatusIndicator> },
    { id: "rows", header: "Rows", widthMin: 600, cell: ({ rows }: IntervalSummary) => <Rows rows={rows} /> },
    { id: "series", header: "Series", widthMin: 900, cell: ({ seriesCount }: IntervalSummary) => formatNumber(seriesCount) },
    { id: "anomalies", header: "Anomalous", widthMin: 600, cell: ({ anomalyCount }: IntervalSummary) => (anomalyCount === 0 ? "–" : formatNumber(anomalyCount)) },
    { id: "heldBack", header: "Held back", widthMin: 900, cell: ({ heldBackCount }: IntervalSummary) => (heldBackCount === 0 ? "–" : formatNumber(heldBackCount)) },
    { id: "knownAt", header: "Known at", widthMin: 1200, cell: ({ knownAt, version }: IntervalSummary) => <><Instant at={knownAt} zone={detector.zone} />{version > 1 && <small className="under">version {version}</small>}</> },
  ].filter(({ widthMin }) => width >= widthMin);
  return (
    <Loaded query={query}>
      {({ intervals, nextCursor }) => (
        <SpaceBetween size="l">
          {opened !== null && <IntervalPanel detector={detector} start={opened} close={() => setOpened(null)} />}
          <Container
            header={<Header description="Every live interval, newest first. A failed one stays due and is tried again.">Detector log</Header>}
            footer={
              <SpaceBetween direction="horizontal" size="xs">
                <Button disabled={cursors.length === 0} onClick={() => setCursors(cursors.slice(0, -1))}>Newer</Button>
                <Button disabled={nextCursor === null} onClick={() => nextCursor !== null && setCursors([...cursors, nextCursor])}>Older</Button>
              </SpaceBetween>
            }
          >
            <Table variant="embedded" wrapLines trackBy="start" items={intervals} columnDefinitions={columns} ariaLabels={{ tableLabel: "Intervals" }} empty={<Empty title="No live interval yet" why="History is read as a whole; intervals are listed from the first live one on." />} />
          </Container>
        </SpaceBetween>
      )}
    </Loaded>
  );
}

function Rows({ rows }: { rows: IntervalSummary["rows"] }) {
  if (rows === null) return <>–</>;
  const { processed, invalid, partial, outside } = rows;
  const doubtful = [invalid > 0 && `${invalid} unusable`, partial > 0 && `${partial} in part`, outside > 0 && `${outside} outside`].filter(Boolean).join(", ");
  return (
    <>
      {formatNumber(processed)}
      {doubtful !== "" && <small className="under">{doubtful}</small>}
    </>
  );
}
