import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo } from "react";
import type { GroupDetail, IncidentOfGroup, Related, RelatedMeasure, SeriesPoints } from "../api/types.ts";
import { useQuery } from "../api/use-query.ts";
import { follow, hrefs } from "../app/route.ts";
import { SeriesChart } from "../charts/series-chart.tsx";
import { formatNumber, formatPercent } from "../format/format-number.ts";
import { Instant } from "../parts/instant.tsx";
import { Loaded } from "../parts/states.tsx";

const HOUR_MS = 3_600_000;
const INTERVAL_SECONDS: Readonly<Record<string, number>> = { PT5M: 300, PT10M: 600, PT1H: 3600, P1D: 86_400 };
/** Intervals shown around the group in a small chart. */
const INTERVALS_AROUND = 48;
/** Measures that get a chart; the rest is named. */
const CHARTS_MAX = 4;

/** What else moved with the group: other measures with their evidence and a small chart each, and its incident. */
export function RelatedMeasures({ group }: { group: GroupDetail }) {
  const related = useQuery<Related>(`/v1/groups/${encodeURIComponent(group.id)}/related`);
  const incident = useQuery<IncidentOfGroup>(`/v1/groups/${encodeURIComponent(group.id)}/incident`);
  return (
    <Container header={<Header description="By the order of their begin and the history of what was beside expectation. A relation is evidence, not proof.">What moved with it</Header>}>
      <SpaceBetween size="m">
        {incident.data !== null && incident.data.incident !== null && <PartOf incident={incident.data.incident} own={group.id} />}
        <Loaded query={related}>
          {(found) => (
            <SpaceBetween size="m">
              {!found.hasHistory && found.related.length > 0 && <p className="note">Only {found.historyCount} intervals were judged before the group: what began earlier is said, links are not.</p>}
              {found.related.length === 0 && <p className="note">{nothingText(found)}</p>}
              <Declared found={found} group={group} />
              {found.related.slice(0, CHARTS_MAX).map((one) => (
                <OneRelated key={`${one.detector} ${one.measure}`} one={one} group={group} />
              ))}
              {found.related.length > CHARTS_MAX && <p className="note">Also: {found.related.slice(CHARTS_MAX).map(({ measure, relation }) => `${measure} (${relation})`).join(", ")}.</p>}
              {found.notes.map((note) => (
                <p key={note} className="note">
                  {note}
                </p>
              ))}
              {found.related.some(({ relation, declared }) => relation === "cause" && declared === null) && <p className="note">Unknown: {formatPercent(found.unknownPercentage / 100)} of the deviation.</p>}
            </SpaceBetween>
          )}
        </Loaded>
      </SpaceBetween>
    </Container>
  );
}

function nothingText({ historyCount, notCompared }: Related): string {
  if (historyCount === 0 && notCompared.length > 0) return "There is no total to compare: the detector watches its leaves only.";
  return "No other measure was off at that time, or none that its history links with this one.";
}

/** What the group's measure is made of: each part with what was expected, what came and what it contributed. */
function Declared({ found, group }: { found: Related; group: GroupDetail }) {
  const parts = found.related.flatMap(({ measure, relation, declared }) => (declared === null || relation !== "cause" ? [] : [{ ...declared, measure }]));
  if (parts.length === 0) return null;
  const most = Math.max(...parts.map(({ share }) => Math.abs(share)));
  const where = Object.entries(found.segment).map(([name, value]) => `${name}=${value ?? "null"}`).join(" & ");
  return (
    <section aria-label="By definition">
      <p className="declared-relation">
        By definition <b>{parts[0]!.relation}</b>
        {where === "" ? "" : `, here in ${where}`}. At the peak:
      </p>
      <ul className="declared">
        {parts.map(({ measure, expected, actual, amount, share }) => (
          <li key={measure}>
            <span>
              <b>{measure}</b> {formatNumber(expected)} → {formatNumber(actual)}
            </span>
            <span className="declared-bar" aria-hidden="true">
              <span className={amount < 0 ? "declared-down" : "declared-up"} style={{ width: `${(100 * Math.abs(share)) / most}%` }} />
            </span>
            <span>
              contributed {amount < 0 ? "−" : "+"}
              {formatNumber(Math.abs(amount))}, {share < 0 ? "−" : ""}
              {formatPercent(share / 100)} of the change of {group.measure}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const RELATION_WORDS: Readonly<Record<RelatedMeasure["relation"], string>> = {
  cause: "probably led to it",
  effect: "probably followed from it",
  together: "moved together with it; which one drives the other is not known",
  earlier: "began earlier",
};

function OneRelated({ one, group }: { one: RelatedMeasure; group: GroupDetail }) {
  const intervalMs = (INTERVAL_SECONDS[group.frequency] ?? 3600) * 1000;
  const range = { from: new Date(Date.parse(group.start) - INTERVALS_AROUND * intervalMs).toISOString(), to: new Date(Date.parse(group.end) + Math.max(HOUR_MS, 6 * intervalMs)).toISOString() };
  const points = useQuery<SeriesPoints>(`/v1/detectors/${encodeURIComponent(one.detector)}/series/${one.series}/points`, range);
  const input = useMemo(
    () => (points.data === null ? null : { ...points.data, group: { start: group.start, end: group.end }, intervalSeconds: intervalMs / 1000, compareSeconds: null }),
    [points.data, group.start, group.end, intervalMs],
  );
  const title = `${one.measure}${one.detector === group.detector ? "" : ` of ${one.detector}`}`;
  return (
    <section aria-label={`Related: ${title}`}>
      <h3 className="related-title">
        {one.group === null ? title : <Link href={hrefs.group(one.group)} onFollow={follow}>{title}</Link>} <span className="tag">{one.relation}</span>
      </h3>
      <p className="note">
        It {one.declared === null ? RELATION_WORDS[one.relation] : one.relation === "cause" ? "caused it, being a part of it by definition" : `follows from it by definition (${one.declared.relation})`}: {one.declared === null ? "off since" : "at"}{" "}
        <Instant at={one.onset} zone={group.zone} />
        {one.lagIntervals > 0 && `, ${one.lagIntervals} ${one.lagIntervals === 1 ? "interval" : "intervals"} ${one.relation === "effect" ? "behind" : "ahead"}`}
        {one.strength !== null && one.declared === null && `, strength ${one.strength.toFixed(2)}`}
        {one.declared === null && one.percentage !== null && `, ${formatPercent(one.percentage / 100)} of the deviation`}
        {one.timesBefore > 0 && `, ${one.timesBefore === 1 ? "once" : `${one.timesBefore} times`} before`}.
      </p>
      {input !== null && <SeriesChart title={title} input={input} range={null} small />}
    </section>
  );
}

function PartOf({ incident, own }: { incident: NonNullable<IncidentOfGroup["incident"]>; own: string }) {
  const others = incident.groups.filter(({ id }) => id !== own);
  return (
    <p>
      Part of the incident{" "}
      <Link href={hrefs.incident(incident.id)} onFollow={follow}>
        {incident.headline}
      </Link>
      , with {others.length} other {others.length === 1 ? "group" : "groups"}.
    </p>
  );
}
