import Link from "@cloudscape-design/components/link";
import Pagination from "@cloudscape-design/components/pagination";
import Table from "@cloudscape-design/components/table";
import { useState, type ReactNode } from "react";
import { follow, hrefs } from "../app/route.ts";
import { useWidth } from "../app/use-width.ts";
import type { GroupSummary } from "../api/types.ts";
import { formatDuration } from "../format/format-time.ts";
import { Instant } from "./instant.tsx";
import { Severity } from "./severity.tsx";

type Column = { id: string; header: string; field?: keyof GroupSummary; cell: (group: GroupSummary) => ReactNode; widthMin: number; minWidth?: number };

/** Below it there is no column for it: since when is told under the headline. */
const SINCE_WIDTH_MIN = 600;

function Headline({ group }: { group: GroupSummary }) {
  const isNarrow = useWidth() < SINCE_WIDTH_MIN;
  return (
    <>
      <Link href={hrefs.group(group.id)} onFollow={follow}>
        {group.headline}
      </Link>
      {isNarrow && (
        <div className="note">
          since <Instant at={group.start} />, {durationText(group)}
        </div>
      )}
    </>
  );
}

function durationText({ start, end, status }: GroupSummary): string {
  return `${formatDuration((Date.parse(end) - Date.parse(start)) / 1000)}${status === "open" ? ", going on" : ""}`;
}

const COLUMNS: readonly Column[] = [
  {
    id: "headline",
    header: "What",
    field: "headline",
    widthMin: 0,
    minWidth: 180,
    cell: (group) => <Headline group={group} />,
  },
  { id: "severity", header: "Severity", field: "severity", widthMin: 0, cell: ({ severity }) => <Severity severity={severity} /> },
  { id: "start", header: "Since", field: "start", widthMin: SINCE_WIDTH_MIN, cell: ({ start }) => <Instant at={start} /> },
  { id: "duration", header: "For", widthMin: 900, cell: durationText },
  { id: "seriesCount", header: "Series", field: "seriesCount", widthMin: 1100, cell: ({ seriesCount }) => seriesCount },
];

const DETECTOR: Column = {
  id: "detector",
  header: "Detector",
  field: "detector",
  widthMin: 900,
  cell: ({ detector }) => (
    <Link href={hrefs.detector(detector)} onFollow={follow}>
      {detector}
    </Link>
  ),
};

const GROUPS_PER_PAGE = 25;

/** Anomaly groups, newest first until another order is asked for. */
export function GroupsTable({ groups, empty, withDetector, loading }: { groups: readonly GroupSummary[]; empty: ReactNode; withDetector: boolean; loading: boolean }) {
  const width = useWidth();
  const [order, setOrder] = useState<{ field: keyof GroupSummary; descending: boolean }>({ field: "start", descending: true });
  const sorted = [...groups].sort((a, b) => compare(a[order.field], b[order.field]) * (order.descending ? -1 : 1));
  const pageCount = Math.max(1, Math.ceil(sorted.length / GROUPS_PER_PAGE));
  const [wantedPage, setPage] = useState(1);
  const page = Math.min(wantedPage, pageCount); // a higher threshold leaves fewer pages
  const columns = [...COLUMNS, ...(withDetector ? [DETECTOR] : [])].filter(({ widthMin }) => width >= widthMin);
  return (
    <Table
      variant="embedded"
      wrapLines
      trackBy="id"
      items={sorted.slice((page - 1) * GROUPS_PER_PAGE, page * GROUPS_PER_PAGE)}
      pagination={
        pageCount > 1 && (
          <Pagination
            currentPageIndex={page}
            pagesCount={pageCount}
            onChange={({ detail }) => setPage(detail.currentPageIndex)}
            ariaLabels={{ paginationLabel: "Anomaly groups", nextPageLabel: "Next groups", previousPageLabel: "Previous groups", pageLabel: (number) => `Page ${number} of groups` }}
          />
        )
      }
      loading={loading}
      loadingText="Loading anomaly groups"
      empty={empty}
      columnDefinitions={columns.map(({ field, ...column }) => ({ ...column, ...(field !== undefined && { sortingField: field }) }))}
      sortingColumn={{ sortingField: order.field }}
      sortingDescending={order.descending}
      onSortingChange={({ detail }) => setOrder({ field: detail.sortingColumn.sortingField as keyof GroupSummary, descending: detail.isDescending ?? false })}
      ariaLabels={{ tableLabel: "Anomaly groups" }}
    />
  );
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b));
}
