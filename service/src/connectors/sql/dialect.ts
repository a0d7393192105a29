import type { Connector } from "../connector.ts";

/** Which SQL a source speaks. */
export type Dialect = Connector["dialect"];
