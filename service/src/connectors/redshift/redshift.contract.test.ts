/** Every connector's contract, for each way in which Redshift is read. */
import { testConnector } from "../connector-contract.ts";
import { redshiftConnector } from "./redshift.ts";
import { openRedshiftWorld } from "./redshift-world.ts";

const LACKS = { lacksFloats: "Redshift orders NaN in its own way", runs: 2 };

testConnector({ ...redshiftConnector, kind: "redshift, directly" }, () => openRedshiftWorld("direct"), LACKS);
testConnector({ ...redshiftConnector, kind: "redshift, by UNLOAD to Parquet" }, () => openRedshiftWorld("parquet"), LACKS);
testConnector({ ...redshiftConnector, kind: "redshift, by UNLOAD to CSV" }, () => openRedshiftWorld("csv"), LACKS);
