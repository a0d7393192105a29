/** What can be wrong with what the engine was given. Nothing is learned when one is thrown. */
export type EngineErrorCode =
  | "STATE_LENGTH"
  | "STATE_FORMAT"
  | "STATE_FUTURE_VERSION"
  | "STATE_OLD_VERSION"
  | "UNKNOWN_MODEL"
  | "UNKNOWN_FREQUENCY"
  | "INTERVAL_OUT_OF_ORDER"
  | "SERIES_COUNT"
  | "POSITION"
  | "SETTINGS"
  | "SEASON_LONGER_THAN_HISTORY";

/** The caller's mistake, with the series it was found at, where there is one. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: EngineErrorCode;
  /** index of the first series concerned; undefined when the problem is not one series' */
  readonly series: number | undefined;

  constructor(code: EngineErrorCode, message: string, series?: number) {
    super(message);
    this.code = code;
    this.series = series;
  }
}
