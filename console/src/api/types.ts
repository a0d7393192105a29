/**
 * What the API answers, as the service declares it. Types only: nothing of the service is in the bundle, and a shape that
 * changes there fails to compile here.
 */
import type { z } from "zod";
import type { detectorDetail, detectorSummary, learningShape } from "../../../service/src/api/shapes/detector.ts";
import type { contributionShape, groupDelivery, groupDetail, groupSummary, listGroupsOutput, memberShape } from "../../../service/src/api/shapes/group.ts";
import type { incidentOfGroupOutput, listIncidentsOutput } from "../../../service/src/api/shapes/incident.ts";
import type { attemptShape, intervalDetail, intervalSummary } from "../../../service/src/api/shapes/interval.ts";
import type { relatedOutput } from "../../../service/src/api/shapes/related.ts";
import type { groupSeriesOutput, pointStatus, seriesPoints, seriesShape } from "../../../service/src/api/shapes/series.ts";

export type DetectorSummary = z.output<typeof detectorSummary>;
export type DetectorDetail = z.output<typeof detectorDetail>;
export type Trouble = DetectorDetail["findings"][number];
export type Learning = z.output<typeof learningShape>;
export type GroupSummary = z.output<typeof groupSummary>;
export type GroupList = z.output<typeof listGroupsOutput>;
export type GroupDetail = z.output<typeof groupDetail>;
export type Cause = NonNullable<GroupDetail["causes"]>["causes"][number];
export type Related = z.output<typeof relatedOutput>;
export type RelatedMeasure = Related["related"][number];
export type IncidentList = z.output<typeof listIncidentsOutput>;
export type Incident = IncidentList["incidents"][number];
export type IncidentOfGroup = z.output<typeof incidentOfGroupOutput>;
export type Member = z.output<typeof memberShape>;
export type Contribution = z.output<typeof contributionShape>;
export type GroupDelivery = z.output<typeof groupDelivery>;
export type IntervalSummary = z.output<typeof intervalSummary>;
export type IntervalDetail = z.output<typeof intervalDetail>;
export type Attempt = z.output<typeof attemptShape>;
export type GroupSeries = z.output<typeof groupSeriesOutput>;
export type SeriesOverTime = GroupSeries["series"][number];
export type SeriesSummary = z.output<typeof seriesShape>;
export type SeriesPoints = z.output<typeof seriesPoints>;
export type PointStatus = z.output<typeof pointStatus>;
export type DetectorStatus = DetectorSummary["status"];
