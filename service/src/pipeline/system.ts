/** Everything a pipeline needs from outside, handed in: nothing below reaches for a global. */
import type { Channel } from "../channels/channel.ts";
import type { Connector } from "../connectors/connector.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../telemetry/clock.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { ModelCache } from "./live-models.ts";

export interface System {
  readonly store: Store;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly log: Logger;
  /** learned states between intervals */
  readonly models: ModelCache;
  /** worker threads for learning; 1 = in this thread */
  readonly threads: number;
  /** where people see the page, for links in messages */
  readonly consoleUrl: string;
  /** FORETOP_HOME */
  readonly homeFolder: string;
}
