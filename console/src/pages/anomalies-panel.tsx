import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import Slider from "@cloudscape-design/components/slider";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useEffect, useMemo, useState } from "react";
import type { DetectorDetail, GroupList } from "../api/types.ts";
import { useQuery } from "../api/use-query.ts";
import { setQuery, useRoute } from "../app/route.ts";
import { Timeline } from "../charts/timeline.tsx";
import { formatNumber } from "../format/format-number.ts";
import { formatInstant, USER_ZONE } from "../format/format-time.ts";
import { useAsOf } from "../parts/as-of.tsx";
import { GroupsTable } from "../parts/groups-table.tsx";
import { ZoneNote } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/states.tsx";

/** As in the retired console. */
const SEVERITY_DEFAULT = 70;
const GROUPS_MAX = 500;
/** A slider that is being dragged asks the service when it rests. */
const REST_MS = 250;

const RANGES = [
  { value: "1", label: "Last day" },
  { value: "7", label: "Last 7 days" },
  { value: "14", label: "Last 14 days" },
  { value: "30", label: "Last 30 days" },
  { value: "all", label: "All time" },
] as const;

/**
 * Anomaly groups with a severity threshold, filters and an overview of when they were; of one detector or of all. The
 * filters are in the address.
 */
export function AnomaliesPanel({ detector, recent }: { detector: string | null; recent?: DetectorDetail["recent"] }) {
  const { query: address } = useRoute();
  const severityMin = severityOf(address.get("severity"));
  const measure = address.get("measure");
  const status = address.get("status");
  const days = address.get("days") ?? "all";
  const [search, setSearch] = useState("");
  const from = useMemo(() => (days === "all" ? undefined : startOfRange(Number(days))), [days]);

  const asOf = useAsOf();
  const filter = { detector: detector ?? undefined, measure: measure ?? undefined, status: status ?? undefined, from, asOf };
  const query = useQuery<GroupList>("/v1/groups", { ...filter, severityMin: useRested(severityMin), limit: GROUPS_MAX });
  // Which measures there are does not depend on which are chosen.
  const all = useQuery<GroupList>("/v1/groups", { detector: detector ?? undefined, limit: 1, asOf });
  const measures = all.data?.statistics.byMeasure ?? [];

  return (
    <Loaded query={query}>
      {({ groups, statistics }) => {
        const found = groups.filter(({ severity, headline }) => severity >= severityMin && headline.toLowerCase().includes(search.toLowerCase()));
        const since = statistics.from ?? groups.at(-1)?.start ?? null;
        return (
          <Container
            header={
              <Header counter={`(${statistics.total})`} description={since === null ? undefined : `${statistics.total} of severity ${severityMin} or more detected since ${formatInstant(since)}`}>
                Anomaly groups
              </Header>
            }
            footer={<ZoneNote />}
          >
            <SpaceBetween size="l">
              <div className="filters">
                <SeverityThreshold severityMin={severityMin} />
                <FormField label="Measure">
                  <Select
                    selectedOption={{ value: measure ?? "", label: measure ?? "All measures" }}
                    options={[{ value: "", label: "All measures" }, ...measures.map((one) => ({ value: one.measure, label: one.measure, labelTag: String(one.count) }))]}
                    onChange={({ detail }) => setQuery({ measure: detail.selectedOption.value || null })}
                  />
                </FormField>
                <FormField label="Time">
                  <Select selectedOption={RANGES.find(({ value }) => value === days) ?? RANGES[4]} options={RANGES} onChange={({ detail }) => setQuery({ days: detail.selectedOption.value ?? null })} />
                </FormField>
                <FormField label="State">
                  <Select
                    selectedOption={{ value: status ?? "", label: status === "open" ? "Going on" : status === "closed" ? "Over" : "All" }}
                    options={[
                      { value: "", label: "All" },
                      { value: "open", label: "Going on" },
                      { value: "closed", label: "Over" },
                    ]}
                    onChange={({ detail }) => setQuery({ status: detail.selectedOption.value || null })}
                  />
                </FormField>
              </div>
              {found.length > 0 && since !== null && (
                <Timeline input={{ groups: found, fromMs: Math.min(Date.parse(from ?? since), ...found.map(({ start }) => Date.parse(start))), toMs: Math.max(...found.map(({ end }) => Date.parse(end))) + 3_600_000, severityMin, zone: USER_ZONE }} />
              )}
              <TextFilter filteringText={search} filteringPlaceholder="Find by words of the headline" filteringAriaLabel="Find by words of the headline" onChange={({ detail }) => setSearch(detail.filteringText)} countText={search === "" ? "" : `${found.length} match`} />
              <GroupsTable
                groups={found}
                withDetector={detector === null}
                loading={false}
                empty={<Empty title={`Nothing of severity ${severityMin} or more`} why={whyNothing({ total: all.data?.statistics.total ?? 0, severityMin, recent })} />}
              />
              {statistics.total > GROUPS_MAX && <p className="note">The newest {GROUPS_MAX} of {formatNumber(statistics.total)} are listed; a shorter time or a higher severity shows the others.</p>}
            </SpaceBetween>
          </Container>
        );
      }}
    </Loaded>
  );
}

/** What the address says, if that is a severity. */
function severityOf(text: string | null): number {
  const value = Number(text ?? SEVERITY_DEFAULT);
  return value >= 0 && value <= 100 ? value : SEVERITY_DEFAULT;
}

/** Slider and number box show the same value; the list follows at once for what is loaded, then asks. */
function SeverityThreshold({ severityMin }: { severityMin: number }) {
  const set = (value: number) => setQuery({ severity: value === SEVERITY_DEFAULT ? null : String(Math.min(100, Math.max(0, Math.round(value)))) });
  return (
    <FormField label="Severity threshold">
      <div className="severity-threshold">
        <Slider value={severityMin} min={0} max={100} onChange={({ detail }) => set(detail.value)} ariaLabel="Severity threshold" />
        <Input type="number" inputMode="numeric" value={String(severityMin)} onChange={({ detail }) => detail.value !== "" && Number.isFinite(Number(detail.value)) && set(Number(detail.value))} ariaLabel="Severity threshold as a number" />
      </div>
    </FormField>
  );
}

function whyNothing({ total, severityMin, recent }: { total: number; severityMin: number; recent: DetectorDetail["recent"] | undefined }): string {
  if (total > 0) return `${total} group${total === 1 ? " has" : "s have"} been found in all: lower the threshold from ${severityMin}, or widen the filters.`;
  if (recent === undefined) return "Detectors have found nothing so far. Their pages say what was judged.";
  if (recent.intervalCount === 0) return "No live interval has been judged yet.";
  return `${formatNumber(recent.judgedCount)} points in ${recent.intervalCount} intervals were judged; ${recent.heldBackCount === 0 ? "all were within their bands" : `${recent.heldBackCount} stood out and were held back, each with a reason that its chart shows`}${recent.failedCount === 0 ? "" : `; ${recent.failedCount} intervals could not be read`}.`;
}

/** Rounded to the hour, so that the same question is asked until the hour is over. */
function startOfRange(days: number): string {
  return new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - days * 86_400_000).toISOString();
}

function useRested(value: number): number {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}
