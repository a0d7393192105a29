import Link from "@cloudscape-design/components/link";
import type { IncidentList } from "../api/types.ts";
import { useQuery } from "../api/use-query.ts";
import { follow, hrefs } from "../app/route.ts";
import { Instant } from "../parts/instant.tsx";
import { Page } from "../parts/page.tsx";
import { Severity } from "../parts/severity.tsx";
import { Empty, Loaded } from "../parts/states.tsx";

/** What belongs together, the newest first. */
export function IncidentsPage() {
  const query = useQuery<IncidentList>("/v1/incidents");
  return (
    <Page title="Incidents">
      <Loaded query={query}>
        {({ incidents, from, to, cut }) => (
          <>
            <p className="note">
              Groups of several measures and detectors that belong together, of severity 70 or more, <Instant at={from} /> to <Instant at={to} />.
              {cut && " There are more groups than are put together: ask the API for a shorter range."}
            </p>
            {incidents.length === 0 && <Empty title="No incidents" why="Every anomaly group of this time stands alone." />}
            <ul className="incidents">
              {incidents.map(({ id, headline, severity, start, end, status, groups, detectors }) => (
                <li key={id}>
                  <Severity severity={severity} />
                  <div>
                    <Link href={hrefs.incident(id)} onFollow={follow}>
                      {headline}
                    </Link>
                    <small>
                      {groups.length} groups of {detectors.join(", ")}; <Instant at={start} /> {status === "open" ? "and going on" : <>to <Instant at={end} /></>}
                    </small>
                  </div>
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
    </Page>
  );
}
