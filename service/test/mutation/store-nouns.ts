/** What the store's contract says of ledger and outbox: run against each mutant, besides the property tests. */
import { postgresUnderTest } from "../../src/store/postgres/postgres-under-test.ts";
import { testStore } from "../../src/store/store-contract.ts";

testStore("PostgreSQL", postgresUnderTest, ["ledger", "deliveries", "expiry"]);
