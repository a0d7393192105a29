/** Every connector's contract, for each way in which Redshift is read. */
import { testConnector } from "../connector-contract.ts";
import { redshiftConnector } from "./redshift.ts";
import { openRedshiftWorld } from "./redshift-world.ts";

testConnector({ ...redshiftConnector, kind: "redshift, directly" }, () => openRedshiftWorld("direct"));
testConnector({ ...redshiftConnector, kind: "redshift, by UNLOAD to Parquet" }, () => openRedshiftWorld("parquet"));
testConnector({ ...redshiftConnector, kind: "redshift, by UNLOAD to CSV" }, () => openRedshiftWorld("csv"));
