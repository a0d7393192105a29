import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import { postJson } from "../api/call.ts";
import type { GroupDelivery, GroupDetail, Member } from "../api/types.ts";
import { follow, hrefs } from "../app/route.ts";
import { useWidth } from "../app/use-width.ts";
import { formatNumber, formatShare } from "../format/format-number.ts";
import { setAsOf } from "../parts/as-of.tsx";
import { Instant } from "../parts/instant.tsx";
import { Severity } from "../parts/severity.tsx";
import { Empty } from "../parts/states.tsx";

/** Every anomalous series with its numbers. */
export function Members({ group }: { group: GroupDetail }) {
  const width = useWidth();
  const columns = [
    {
      id: "name",
      header: "Series",
      widthMin: 0,
      isRowHeader: true,
      cell: ({ name, series, isHead }: Member) => (
        <>
          <Link href={hrefs.series(group.detector, series)} onFollow={follow}>
            {name}
          </Link>
          {isHead && <span className="tag">explains the group</span>}
        </>
      ),
    },
    { id: "actual", header: "Actual", widthMin: 0, cell: ({ actual }: Member) => formatNumber(actual) },
    { id: "expected", header: "Expected", widthMin: 0, cell: ({ expected }: Member) => formatNumber(expected) },
    { id: "share", header: "Off by", widthMin: 700, cell: ({ actual, expected }: Member) => (actual === null || expected === null || expected === 0 ? "" : formatShare((actual - expected) / Math.abs(expected))) },
    { id: "severity", header: "Severity", widthMin: 700, cell: ({ severity }: Member) => <Severity severity={severity} /> },
    { id: "kind", header: "Kind", widthMin: 900, cell: ({ kind }: Member) => kind },
    { id: "peak", header: "Peak", widthMin: 1100, cell: ({ peak }: Member) => <Instant at={peak} zone={group.zone} /> },
    { id: "intervals", header: "Intervals", widthMin: 1100, cell: ({ intervalCount }: Member) => intervalCount },
  ].filter(({ widthMin }) => width >= widthMin);
  return (
    <ExpandableSection variant="container" headerText="All anomalous series" headerCounter={`(${group.memberCount})`} headerDescription={group.memberCount > group.members.length ? `The ${group.members.length} most severe are listed.` : ""}>
      <Table variant="embedded" wrapLines trackBy="series" items={group.members} columnDefinitions={columns} ariaLabels={{ tableLabel: "Anomalous series" }} />
    </ExpandableSection>
  );
}

const DELIVERY_TYPES: Readonly<Record<GroupDelivery["status"], StatusIndicatorProps.Type>> = { pending: "pending", sent: "success", failed: "error", muted: "stopped" };

/** Who was told what. What could not be delivered can be sent again, under the same key. */
export function Deliveries({ deliveries, reload }: { deliveries: GroupDetail["deliveries"]; reload: () => void }) {
  const width = useWidth();
  const columns = [
    { id: "status", header: "Status", widthMin: 0, minWidth: 110, cell: (delivery: GroupDelivery) => <DeliveryState delivery={delivery} reload={reload} /> },
    { id: "alert", header: "Alert", widthMin: 0, cell: ({ alert, channel }: GroupDelivery) => `${alert} (${channel})` },
    { id: "event", header: "Said", widthMin: 700, cell: ({ event, revision }: GroupDelivery) => `${event}, revision ${revision}` },
    { id: "sent", header: "Sent", widthMin: 900, cell: ({ sent }: GroupDelivery) => <Instant at={sent} /> },
    { id: "detail", header: "Answer", widthMin: 900, cell: ({ detail, attempts }: GroupDelivery) => `${detail ?? "–"}${attempts > 1 ? ` (${attempts} tries)` : ""}` },
  ].filter(({ widthMin }) => width >= widthMin);
  return (
    <Container header={<Header counter={`(${deliveries.length})`}>Deliveries</Header>}>
      <Table variant="embedded" wrapLines trackBy="key" items={deliveries} columnDefinitions={columns} ariaLabels={{ tableLabel: "Deliveries" }} empty={<Empty title="Nobody was told" why="No alert matches this group: see the detector's alerts." />} />
    </Container>
  );
}

function DeliveryState({ delivery: { status, key, alert }, reload }: { delivery: GroupDelivery; reload: () => void }) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const resend = () =>
    void postJson(`/v1/deliveries/${encodeURIComponent(key)}/resend`, {}).then(reload, (error: unknown) => setRefusal(error instanceof Error ? error.message : String(error)));
  return (
    <>
      <StatusIndicator type={DELIVERY_TYPES[status]}>{status}</StatusIndicator>
      {status === "failed" && (
        <Button variant="inline-link" onClick={resend} ariaLabel={`Send again: ${alert}`}>
          Send again
        </Button>
      )}
      {refusal !== null && <small className="failure under">{refusal}</small>}
    </>
  );
}

/** What was known when. */
export function Revisions({ revisions, zone }: { revisions: GroupDetail["revisions"]; zone: string }) {
  return (
    <ExpandableSection variant="container" headerText="What was known when" headerCounter={`(${revisions.length})`}>
      <ol className="revisions">
        {revisions.map(({ revision, knownAt, headline, severity, seriesCount, reason }) => (
          <li key={revision}>
            <Link onFollow={() => setAsOf(knownAt)}><Instant at={knownAt} zone={zone} /></Link> revision {revision}, severity {Math.round(severity)}, {seriesCount} series{reason !== null && `: ${reason}`}
            <br />
            {headline}
          </li>
        ))}
      </ol>
    </ExpandableSection>
  );
}
