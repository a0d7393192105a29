import { testStore } from "../store-contract.ts";
import { postgresUnderTest } from "./postgres-under-test.ts";

testStore("PostgreSQL", postgresUnderTest);
