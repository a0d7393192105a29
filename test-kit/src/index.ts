/** The contents page of the test kit. */
export { startTestKit } from "./start-test-kit.ts";
export type { TestKit, TestKitOptions } from "./start-test-kit.ts";
export type { KitCredentials } from "./new-access-key.ts";
export type { PolicyDocument, PolicyStatement } from "./auth/policy.ts";
export { isAllowed } from "./auth/policy.ts";
export type { Call, FinishedCall, ServiceName } from "./calls.ts";
export type { Fault, FaultKind } from "./faults/faults.ts";
export type { S3Store, StoredObject } from "./s3/s3-store.ts";
export type { SecretsStore } from "./secrets-manager/secrets-store.ts";
export type { Statement, Statements, StatementStatus } from "./redshift-data/statements.ts";
export type { Warehouse, WarehouseOptions, Warehouses } from "./redshift-data/warehouse.ts";
export { spawnTestKit } from "./spawn-test-kit.ts";
export type { SpawnedTestKit, SpawnOptions } from "./spawn-test-kit.ts";
