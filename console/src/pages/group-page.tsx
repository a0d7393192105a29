import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { GroupDetail } from "../api/types.ts";
import { useQuery } from "../api/use-query.ts";
import { follow, hrefs } from "../app/route.ts";
import { ContributionBar } from "../charts/contribution-bar.tsx";
import { formatNumber, formatShare } from "../format/format-number.ts";
import { formatDuration, frequencyWords } from "../format/format-time.ts";
import { AsOf, useAsOf } from "../parts/as-of.tsx";
import { Instant, ZoneNote } from "../parts/instant.tsx";
import { Page } from "../parts/page.tsx";
import { Severity } from "../parts/severity.tsx";
import { Loaded } from "../parts/states.tsx";
import { Evidence } from "./group-evidence.tsx";
import { Causes } from "./group-causes.tsx";
import { RelatedMeasures } from "./group-related.tsx";
import { GroupCharts } from "./group-charts.tsx";
import { Deliveries, Members, Revisions } from "./group-tables.tsx";

/** One anomaly group: what happened, where, since when, how it looks, and how to check it. */
export function GroupPage({ id }: { id: string }) {
  const query = useQuery<GroupDetail>(`/v1/groups/${encodeURIComponent(id)}`, { asOf: useAsOf() });
  return (
    <SpaceBetween size="l">
      <AsOf />
      <Loaded query={query}>
        {(group) => (
          <Page title={group.headline}>
              <Overview group={group} />
              <Causes group={group} />
              <GroupCharts group={group} />
              {group.contributions.length > 0 && (
                <Container header={<Header description="Each dimension's values by their share of the deviation at the peak; a dimension sums to 100 %.">Where it was seen</Header>}>
                  <div className="contributions">
                    {group.contributions.map((contribution) => (
                      <ContributionBar key={contribution.dimension} contribution={contribution} />
                    ))}
                  </div>
                </Container>
              )}
              <RelatedMeasures group={group} />
              <Evidence evidence={group.evidence} />
              <Members group={group} />
              <Deliveries deliveries={group.deliveries} reload={query.reload} />
              <Revisions revisions={group.revisions} zone={group.zone} />
          </Page>
        )}
      </Loaded>
    </SpaceBetween>
  );
}

const AGGREGATION_WORDS: Readonly<Record<string, string>> = { SUM: "sum", AVG: "average", COUNT: "rows", COUNT_DISTINCT: "different values", MIN: "minimum", MAX: "maximum", RATIO: "ratio" };

function Overview({ group }: { group: GroupDetail }) {
  const { severity, kind, status, start, end, zone, frequency, actual, expected, lower, upper, deviationShare, detector, members, memberCount, segments, peak, aggregation } = group;
  const unit = `${AGGREGATION_WORDS[aggregation] ?? aggregation} ${frequencyWords(frequency).per}`;
  const lasted = formatDuration((Date.parse(end) - Date.parse(start)) / 1000);
  return (
    <Container footer={<ZoneNote zone={zone} />}>
      <KeyValuePairs
        columns={4} minColumnWidth={180}
        items={[
          { label: "Severity", value: <Severity severity={severity} large /> },
          {
            label: "Kind",
            value: (
              <SpaceBetween direction="horizontal" size="xs">
                <span>{kind}</span>
                <Badge color={status === "open" ? "red" : "grey"}>{status === "open" ? "going on" : status === "closed" ? "over" : status}</Badge>
              </SpaceBetween>
            ),
          },
          { label: "Since", value: <Instant at={start} zone={zone} both /> },
          { label: status === "open" ? "Last seen until" : "Until", value: <><Instant at={end} zone={zone} both /> <small className="under">{lasted}</small></> },
          {
            label: `Actual ${unit}`,
            value: (
              <>
                <Box variant="span" fontSize="heading-l" fontWeight="bold">
                  {formatNumber(actual)}
                </Box>{" "}
                {formatShare(deviationShare)} <small className="under">{group.measure}, at the peak <Instant at={peak} zone={zone} /></small>
              </>
            ),
          },
          {
            label: `Expected ${unit}`,
            value: (
              <>
                <Box variant="span" fontSize="heading-l" fontWeight="bold">
                  {formatNumber(expected)}
                </Box>{" "}
                <small className="under">
                  {formatNumber(lower)} to {formatNumber(upper)} would not have been reported
                </small>
              </>
            ),
          },
          { label: "Segments", value: <Segments segments={segments} members={members} /> },
          {
            label: "Detector",
            value: (
              <>
                <Link href={hrefs.detector(detector)} onFollow={follow}>
                  {detector}
                </Link>{" "}
                <small className="under">{memberCount === 1 ? "1 series is anomalous" : `${memberCount} series are anomalous, roll-ups included`}</small>
              </>
            ),
          },
        ]}
      />
    </Container>
  );
}

const SEGMENTS_SHOWN_MAX = 12;

/** Where it happened, each with its own deviation: in a shift of the mix some rise while others fall. */
function Segments({ segments, members }: Pick<GroupDetail, "segments" | "members">) {
  const told = segments.map((segment) => {
    const member = members.find(({ dimensions }) => isSame(dimensions, segment));
    const off = member === undefined || member.actual === null || member.expected === null ? null : (member.actual - member.expected) / Math.abs(member.expected);
    return { text: segmentText(segment), share: Number.isFinite(off) ? formatShare(off) : "" };
  });
  return (
    <ul className="segments">
      {told.slice(0, SEGMENTS_SHOWN_MAX).map(({ text, share }) => (
        <li key={text}>
          {text} {share}
        </li>
      ))}
      {told.length > SEGMENTS_SHOWN_MAX && <li>and {told.length - SEGMENTS_SHOWN_MAX} more, listed below</li>}
    </ul>
  );
}

function segmentText(segment: GroupDetail["segments"][number]): string {
  return Object.entries(segment).map(([name, value]) => `${name} = ${value ?? "null"}`).join(" and ") || "everything";
}

function isSame(dimensions: GroupDetail["segments"][number], segment: GroupDetail["segments"][number]): boolean {
  const names = Object.keys(segment);
  return names.length === Object.keys(dimensions).length && names.every((name) => dimensions[name] === segment[name]);
}
