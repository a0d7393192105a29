/** Amazon Redshift through its Data API. Over PostgreSQL's protocol it is read by the connector `postgres`. */
import type { Connector } from "../connector.ts";
import { policyFor } from "./policy-for.ts";
import { redshiftSettings } from "./redshift-settings.ts";
import type { RedshiftSettings } from "./redshift-settings.ts";

export const redshiftConnector: Connector<RedshiftSettings> = {
  kind: "redshift",
  dialect: "redshift",
  settings: redshiftSettings,
  async open(settings, context) {
    // Loading the AWS clients takes a third of a second: only for who has such a source.
    const { openRedshift } = await import("./open-redshift.ts");
    return openRedshift(settings, context);
  },
  policyFor,
};
