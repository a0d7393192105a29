import Badge from "@cloudscape-design/components/badge";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Incident, IncidentOfGroup } from "../api/types.ts";
import { useQuery } from "../api/use-query.ts";
import { follow, hrefs } from "../app/route.ts";
import { Instant } from "../parts/instant.tsx";
import { Page } from "../parts/page.tsx";
import { Severity } from "../parts/severity.tsx";
import { Empty, Loaded } from "../parts/states.tsx";

/** Groups of several measures and detectors that belong together: one headline, and each group in order of its begin. */
export function IncidentPage({ id }: { id: string }) {
  const query = useQuery<IncidentOfGroup>(`/v1/groups/${encodeURIComponent(id)}/incident`);
  return (
    <Loaded query={query}>
      {({ incident }) =>
        incident === null ? (
          <Empty title="The group stands alone" why="Nothing else that was off at that time belongs to it." />
        ) : (
          <Page title={incident.headline}>
            <Overview incident={incident} />
            <Container header={<Header counter={`(${incident.groups.length})`} description="In order of their begin. The bars share one axis of time.">What was off</Header>}>
              <ol className="incident-groups">
                {incident.groups.map((group) => (
                  <li key={group.id}>
                    <div>
                      <Link href={hrefs.group(group.id)} onFollow={follow}>
                        {group.headline}
                      </Link>
                    </div>
                    <span className="incident-track" aria-hidden="true">
                      <span style={placeOf(group, incident)} />
                    </span>
                    <small>
                      {group.detector}, severity {Math.round(group.severity)}, <Instant at={group.start} /> to <Instant at={group.end} />
                    </small>
                  </li>
                ))}
              </ol>
            </Container>
          </Page>
        )
      }
    </Loaded>
  );
}

function Overview({ incident: { severity, status, start, end, detectors, measures } }: { incident: Incident }) {
  return (
    <Container>
      <KeyValuePairs
        columns={4}
        minColumnWidth={180}
        items={[
          { label: "Severity", value: <Severity severity={severity} large /> },
          { label: "Since", value: <><Instant at={start} /> <Badge color={status === "open" ? "red" : "grey"}>{status === "open" ? "going on" : "over"}</Badge></> },
          { label: status === "open" ? "Last seen until" : "Until", value: <Instant at={end} /> },
          { label: "Measures", value: measures.join(", ") },
          {
            label: detectors.length === 1 ? "Detector" : "Detectors",
            value: (
              <SpaceBetween direction="horizontal" size="xs">
                {detectors.map((name) => (
                  <Link key={name} href={hrefs.detector(name)} onFollow={follow}>
                    {name}
                  </Link>
                ))}
              </SpaceBetween>
            ),
          },
        ]}
      />
    </Container>
  );
}

/** Where a group lies in the incident's time, in percent of its length. */
function placeOf(group: { start: string; end: string }, incident: { start: string; end: string }): { marginInlineStart: string; width: string } {
  const from = Date.parse(incident.start);
  const length = Math.max(1, Date.parse(incident.end) - from);
  return { marginInlineStart: `${(100 * (Date.parse(group.start) - from)) / length}%`, width: `${Math.max(0.5, (100 * (Date.parse(group.end) - Date.parse(group.start))) / length)}%` };
}
