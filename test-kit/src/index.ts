/** The contents page of the test kit. */
export { startTestKit } from "./start-test-kit.ts";
export type { KitCredentials, TestKit, TestKitOptions } from "./start-test-kit.ts";
export type { PolicyDocument, PolicyStatement } from "./auth/policy.ts";
export { isAllowed } from "./auth/policy.ts";
export type { Call, FinishedCall, ServiceName } from "./calls.ts";
export type { Fault, FaultKind } from "./faults/faults.ts";
export type { S3Store, StoredObject } from "./s3/s3-store.ts";
