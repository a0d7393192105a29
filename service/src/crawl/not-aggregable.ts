import { SourceError } from "../telemetry/errors.ts";

/** A result that can't be used as it is: the rows have to be read. Somebody reads the message in the ledger. */
export class NotAggregable extends SourceError {
  override readonly name = "NotAggregable";
  constructor(why: string) {
    super(`the lines that the database aggregated are not used: ${why}`, { code: "SHAPE", transient: true, advice: "Nothing to do: the rows are read instead, at once." });
  }
}
