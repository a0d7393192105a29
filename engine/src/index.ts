/** The engine's contents page: numbers in, numbers out. No I/O, no clock, no randomness of its own. */
export { FREQUENCIES, rhythmOf } from "./time/rhythm.ts";
export type { Frequency, Position, Rhythm } from "./time/rhythm.ts";
export { isZone, zoneOffsetMs } from "./time/zone-offset.ts";
export { fromLocalMs, toLocalMs } from "./time/local-time.ts";
export {
  intervalStartAt,
  intervalStartBefore,
  intervalStarts,
  nextIntervalStart,
  positionOf,
  previousIntervalStart,
} from "./time/calendar.ts";
export { seriesKey, seriesKeyText } from "./series/series-key.ts";
export type { DimensionValue, SeriesKey } from "./series/series-key.ts";
export { combineOf, missingRollUpKeys, rollUpKeys, seriesLevels } from "./series/levels.ts";
export type { Combine, SeriesLevels } from "./series/levels.ts";
export { DEFAULT_MEASURE_SETTINGS, HELD_BACK_REASONS, KINDS, STATUSES } from "./scores/judgement.ts";
export type {
  HeldBackReason,
  IntervalInput,
  Judgement,
  Kind,
  MeasureSettings,
  Status,
} from "./scores/judgement.ts";
export type { SeriesStates } from "./models/states.ts";
export { QUIET_INTERVALS_MAX } from "./groups/group.ts";
export type {
  Anomaly,
  AnomalyGroup,
  DimensionContribution,
  GroupingInput,
  GroupingResult,
  GroupMember,
  ValueContribution,
} from "./groups/group.ts";
export { groupAnomalies } from "./groups/group-anomalies.ts";
export { segmentText, segmentsOf } from "./groups/segments-of.ts";
export type { GroupSegment, Segment } from "./groups/segments-of.ts";
export { compareValues, dimensionColumns } from "./causes/leaves.ts";
export type { DimensionColumn } from "./causes/leaves.ts";
export { contributions, ratioContributions, scoresTo100 } from "./causes/contributions.ts";
export type { AdditiveLeaves, RatioLeaves } from "./causes/contributions.ts";
export { CAUSE_LIMITS } from "./causes/cells.ts";
export type { CauseLimits, Cut } from "./causes/cells.ts";
export { checkedProposals, findCauses } from "./causes/find-causes.ts";
export type { CauseInput, CountedProposal } from "./causes/find-causes.ts";
export { findRatioCauses } from "./causes/find-ratio-causes.ts";
export { RATIO_SETTINGS } from "./causes/ratio-scan.ts";
export type { RatioSettings } from "./causes/ratio-scan.ts";
export type { RatioCauseInput } from "./causes/find-ratio-causes.ts";
export { raked } from "./causes/rake.ts";
export type { LevelExpected } from "./causes/rake.ts";
export { dataVerdict } from "./causes/data-fault.ts";
export type { DataSigns, DataVerdict } from "./causes/data-fault.ts";
export { incidentsOf } from "./causes/incidents.ts";
export type { Incident, IncidentGroup } from "./causes/incidents.ts";
export { outOfBand } from "./causes/out-of-band.ts";
export { DECLARED_PARTS_MAX, declaredSplit } from "./causes/declared-split.ts";
export type { DeclaredPart, DeclaredSplit } from "./causes/declared-split.ts";
export { linksOf, RELATED_HISTORY_MIN, relatedMeasures } from "./causes/related.ts";
export type { Link, RelatedInput, RelatedMeasure, RelatedReport, Relation } from "./causes/related.ts";
export type { OutOfBand } from "./causes/out-of-band.ts";
export { strengthOf, VERDICTS } from "./causes/report.ts";
export type { Cause, CauseReport, SiblingCheck, Verdict } from "./causes/report.ts";

// Models: states of series and their bytes.
export { EngineError } from "./models/engine-error.ts";
export type { EngineErrorCode } from "./models/engine-error.ts";
export {
  createStates,
  growStates,
  intervalsSeen,
  learnedUntilMs,
  pickStates,
  pointsLearned,
  pointsToLearn,
} from "./models/series-states.ts";
export { decodeStates, encodeStates, sameStates } from "./models/state-bytes.ts";
export { STATE_VERSION } from "./models/state-layout.ts";

// Scores: judge, then learn.
export { emptyJudgement, judge, judgeAndLearn, learn } from "./scores/judge.ts";
export type { JudgeOptions } from "./scores/judge.ts";
export { learnHistory } from "./scores/learn-history.ts";
export type { History, LearnHistoryOptions } from "./scores/learn-history.ts";
export { scoreOf, severityOf } from "./scores/severity.ts";
export { explainExpected, severityIf, smallestChangeCaught } from "./scores/what-if.ts";
export type { Explanation, SmallestChange } from "./scores/what-if.ts";
export { scoreSeries } from "./scores/score-series.ts";
export type { ScoreSeriesOptions, SeriesToScore } from "./scores/score-series.ts";
export { ExactSums } from "./stats/exact-sum.ts";
export { seededRandom } from "./random/seeded-random.ts";
export type { Random } from "./random/seeded-random.ts";
export { normal, poisson, studentT3 } from "./random/distributions.ts";
export { positionsOf, rhythmOfSeconds } from "./scores/any-interval.ts";
export { kindOfEvent } from "./anomalies/kind-of-event.ts";
export { MODELS, modelNamed } from "./models/registry.ts";
export type { Model, ModelScore } from "./models/model.ts";
