/** MySQL, MariaDB, and what speaks their protocol (Aurora, RDS). */
import type { Connector } from "../connector.ts";
import { resolveAddress } from "../resolve-address.ts";
import { openConnection } from "./connection.ts";
import { policyFor } from "./policy-for.ts";
import { mysqlSettings } from "./mysql-settings.ts";
import type { MysqlSettings } from "./mysql-settings.ts";
import { MysqlSource } from "./mysql-source.ts";

export const mysqlConnector: Connector<MysqlSettings> = {
  kind: "mysql",
  dialect: "mysql",
  settings: mysqlSettings,
  async open(settings, context) {
    const address = await resolveAddress(settings, context.secrets, { defaultPort: 3306 });
    const zone = settings.timestampType === "timestamp" ? "UTC" : context.zone;
    return new MysqlSource(await openConnection(address, { zone, ...(context.signal && { signal: context.signal }) }));
  },
  policyFor,
};
