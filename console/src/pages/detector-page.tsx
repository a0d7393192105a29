import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import type { DetectorDetail, Trouble } from "../api/types.ts";
import { useQuery } from "../api/use-query.ts";
import { setQuery, useRoute } from "../app/route.ts";
import { formatBytes, formatNumber } from "../format/format-number.ts";
import { formatDuration, frequencyWords } from "../format/format-time.ts";
import { DetectorState, LearningProgress } from "../parts/detector-state.tsx";
import { AsOf } from "../parts/as-of.tsx";
import { Instant, ZoneNote } from "../parts/instant.tsx";
import { Page } from "../parts/page.tsx";
import { Loaded } from "../parts/states.tsx";
import { AnomaliesPanel } from "./anomalies-panel.tsx";
import { DetectorActions } from "./detector-actions.tsx";
import { DetectorFinding } from "./detector-finding.tsx";
import { DetectorConfig } from "./detector-config.tsx";
import { DetectorLog } from "./detector-log.tsx";
import { SeriesList } from "./series-list.tsx";

/** One detector: how it is doing, what it found, what it read, its series, its configuration. */
export function DetectorPage({ name }: { name: string }) {
  const query = useQuery<DetectorDetail>(`/v1/detectors/${encodeURIComponent(name)}`);
  const { query: address } = useRoute();
  return (
    <Loaded query={query}>
      {(detector) => (
        <Page title={detector.name} description={detector.description ?? undefined} actions={<DetectorActions detector={detector} reload={query.reload} />}>
            <Condition detector={detector} />
            <Details detector={detector} />
            <AsOf />
            <Tabs
              activeTabId={address.get("tab") ?? "anomalies"}
              onChange={({ detail }) => setQuery({ tab: detail.activeTabId === "anomalies" ? null : detail.activeTabId })}
              ariaLabel="Detector"
              i18nStrings={{ scrollLeftAriaLabel: "Tabs before", scrollRightAriaLabel: "More tabs" }}
              tabs={[
                { id: "anomalies", label: "Anomalies", content: <AnomaliesPanel detector={detector.name} recent={detector.recent} /> },
                { id: "log", label: "Detector log", content: <DetectorLog detector={detector} /> },
                { id: "series", label: "Series", content: <SeriesList detector={detector} /> },
                { id: "configuration", label: "Configuration", content: <DetectorConfig detector={detector} /> },
              ]}
            />
        </Page>
      )}
    </Loaded>
  );
}

/** What a person has to know first, when there is something. */
function Condition({ detector }: { detector: DetectorDetail }) {
  const { status, learning, lastFailure, lag, muted, failureReason, findings } = detector;
  // A finding says what is wrong, since when and what to do: nothing says it a second time.
  const isFound = (kind: Trouble["kind"]): boolean => findings.some((finding) => finding.kind === kind);
  return (
    <SpaceBetween size="s">
      {findings.map((finding) => (
        <DetectorFinding key={finding.kind} finding={finding} zone={detector.zone} />
      ))}
      {status === "FAILED" && !isFound("failed") && (
        <Alert type="error" header="This detector has failed and reads nothing">
          {failureReason ?? lastFailure?.message}. Put it right, then activate it again.
        </Alert>
      )}
      {status === "INACTIVE" && (
        <Alert type="info" header="This detector is not running">
          Activate it: its history is read first, then every new interval is judged.
        </Alert>
      )}
      {status === "ACTIVATING" && <Alert type="info" header="History is being read and learned">Findings follow with the first live interval.</Alert>}
      {learning !== null && (
        <Container>
          <LearningProgress learning={learning} />
        </Container>
      )}
      {status !== "FAILED" && lastFailure !== null && !isFound("behind") && (
        <Alert type="warning" header={lastFailure.transient === true ? "The last reading failed and is tried again" : "The last reading failed"}>
          {lastFailure.message} (<Instant at={lastFailure.at} />)
        </Alert>
      )}
      {lag.dueIntervals > 1 && !isFound("behind") && (
        <Alert type="warning" header={`${formatNumber(lag.dueIntervals)} intervals are waiting to be judged`}>
          The oldest has been due for {formatDuration(lag.lagSeconds)}. They are caught up in order.
        </Alert>
      )}
      {muted && <Alert type="info" header="Muted">Groups are still found and shown; nobody is told.</Alert>}
    </SpaceBetween>
  );
}

function Details({ detector }: { detector: DetectorDetail }) {
  const { frequency, zone, series, head, lag, bytes, recent, lastInterval, offsetSeconds } = detector;
  return (
    <Container footer={<ZoneNote zone={zone} />}>
      <KeyValuePairs
        columns={4} minColumnWidth={180}
        items={[
          { label: "Status", value: <DetectorState detector={detector} /> },
          { label: "Looks", value: `${frequencyWords(frequency).every}${offsetSeconds === 0 ? "" : `, ${formatDuration(offsetSeconds)} after the end`}` },
          { label: "Judged until", value: <Instant at={lastInterval?.end ?? head} zone={zone} both /> },
          { label: "Next reading", value: <Instant at={lag.nextDue} zone={zone} /> },
          { label: "Series", value: `${formatNumber(series.leaves)} leaves, ${formatNumber(series.rollUps)} roll-ups` },
          { label: "Held back lately", value: recent.intervalCount === 0 ? "nothing judged yet" : `${formatNumber(recent.heldBackCount)} findings in ${formatNumber(recent.intervalCount)} intervals` },
          { label: "Stored", value: `${formatBytes(bytes.points)} points, ${formatBytes(bytes.checkpoint)} states` },
          { label: "Measures", value: <Box variant="span">{detector.measures.join(", ")}</Box> },
        ]}
      />
    </Container>
  );
}
