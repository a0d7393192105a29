import { testConnector } from "../connector-contract.ts";
import type { Connector } from "../connector.ts";
import { openS3World } from "./s3-world.ts";
import type { S3World } from "./s3-world.ts";
import { s3Connector } from "./s3.ts";

const opened: Promise<S3World> = openS3World();
const connector: Connector = { ...(s3Connector as Connector), open: async (settings, context) => (await opened).connector.open(settings, context) };

testConnector(connector, async () => (await opened).world, { sql: "files know no SQL: a query is a range of time, a table a path, and which columns are missing is told by the crawl (SHAPE)" });
