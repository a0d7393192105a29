/** A process that reads a slow query through the Data API, for a test to kill: settings, query and work come as JSON. */
import { redshiftConnector } from "../../src/connectors/redshift/redshift.ts";
import type { BoundQuery, ReadWork } from "../../src/connectors/connector.ts";

const { settings, credentials, query, work } = JSON.parse(process.argv[2]!) as { settings: unknown; credentials: string; query: BoundQuery; work: ReadWork }; // written by the test
const source = await redshiftConnector.open(redshiftConnector.settings.parse(settings), { secrets: { resolve: () => Promise.resolve(credentials) }, zone: "UTC" });
for await (const _ of source.read(query, { rowsPerBatch: 10, timeoutMs: 60_000, work, onStatement: (id) => process.send!(id) }));
process.send!("done");
