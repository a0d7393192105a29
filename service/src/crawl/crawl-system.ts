import type { System } from "../pipeline/system.ts";
import type { Store } from "../store/store.ts";

/** What reading a source needs of the system. */
export interface CrawlSystem extends Pick<System, "clock" | "secrets" | "connectors"> {
  readonly store: Pick<Store, "ledger">;
}
