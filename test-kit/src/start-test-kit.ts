/**
 * S3, Redshift Data API, Secrets Manager and STS in this process, on a port of 127.0.0.1, speaking AWS's protocols.
 *
 * @example
 * const kit = await startTestKit({ postgresUrl });
 * const s3 = new S3Client({ endpoint: kit.endpoint, region: kit.region, credentials: kit.credentials, forcePathStyle: true });
 * kit.s3.createBucket("data");
 * await kit.stop();
 */
import { Identities } from "./auth/identity.ts";
import type { PolicyDocument } from "./auth/policy.ts";
import { Calls } from "./calls.ts";
import { Faults } from "./faults/faults.ts";
import { serve } from "./http/serve.ts";
import { newAccessKey } from "./new-access-key.ts";
import type { KitCredentials } from "./new-access-key.ts";
import { RedshiftDataService } from "./redshift-data/redshift-data-service.ts";
import { Statements } from "./redshift-data/statements.ts";
import { Warehouses } from "./redshift-data/warehouse.ts";
import { S3Service } from "./s3/s3-service.ts";
import { S3Store } from "./s3/s3-store.ts";
import { SecretsManagerService } from "./secrets-manager/secrets-manager-service.ts";
import { SecretsStore } from "./secrets-manager/secrets-store.ts";
import { StsService } from "./sts/sts-service.ts";
import type { Role } from "./sts/sts-service.ts";

export interface TestKitOptions {
  /** 0 or none: any that is free */
  readonly port?: number;
  readonly region?: string;
  readonly accountId?: string;
  /** of the first user, who may do everything; random unless given */
  readonly credentials?: KitCredentials;
  /** what time the services think it is; the machine's clock unless given */
  readonly nowMs?: () => number;
  /** keys on a page of a listing, at most the documented 1,000 */
  readonly s3PageKeysMax?: number;
  /** with it there are a cluster "kit-cluster" and a workgroup "kit-workgroup" on this PostgreSQL */
  readonly postgresUrl?: string;
  /** how long a statement stays SUBMITTED, and PICKED, each; default 5 ms */
  readonly redshiftStepMs?: number;
  /** rows on a page of a result */
  readonly redshiftPageRows?: number;
  /** of a result; the documented 100 MB unless given */
  readonly redshiftResultBytesMax?: number;
  readonly redshiftActiveMax?: number;
}

export interface TestKit {
  /** e.g. http://127.0.0.1:40123; all services answer there */
  readonly endpoint: string;
  readonly port: number;
  readonly region: string;
  readonly accountId: string;
  readonly credentials: KitCredentials;
  readonly s3: S3Store;
  readonly secrets: SecretsStore;
  readonly redshift: Warehouses & { readonly statements: Statements };
  readonly faults: Faults;
  readonly calls: Calls;
  /** Another user; with a policy, held to it. */
  addUser(name: string, policy?: PolicyDocument): KitCredentials;
  /** A role for AssumeRole and for UNLOAD; returns its ARN. */
  addRole(name: string, policy?: PolicyDocument, options?: { externalId?: string }): string;
  /** Ends calls that hang and statements that run, too. */
  stop(): Promise<void>;
}

/** One of the account numbers that AWS keeps for documentation. */
const DOCUMENTATION_ACCOUNT = "111122223333";

export async function startTestKit({
  port = 0,
  region = "eu-central-1",
  accountId = DOCUMENTATION_ACCOUNT,
  credentials = newAccessKey("AKIA"),
  nowMs = Date.now,
  s3PageKeysMax,
  postgresUrl,
  redshiftStepMs = 5,
  redshiftPageRows,
  redshiftResultBytesMax,
  redshiftActiveMax,
}: TestKitOptions = {}): Promise<TestKit> {
  const identities = new Identities();
  const addIdentity = (keys: KitCredentials, name: string, policy: PolicyDocument | null): KitCredentials => {
    identities.add({ ...keys, sessionToken: null, expiresMs: null, arn: `arn:aws:iam::${accountId}:user/${name}`, userId: `AIDA${keys.accessKeyId.slice(4)}`, policy });
    return keys;
  };
  addIdentity(credentials, "kit", null);
  const s3 = new S3Store({ region, nowMs });
  const secrets = new SecretsStore({ accountId, region, nowMs });
  const roles = new Map<string, Role>();
  const warehouses = new Warehouses({ region, accountId });
  const statements = new Statements({
    nowMs,
    world: { s3, roles },
    stepMs: redshiftStepMs,
    ...(redshiftResultBytesMax !== undefined && { resultBytesMax: redshiftResultBytesMax }),
    ...(redshiftActiveMax !== undefined && { activeMax: redshiftActiveMax }),
  });
  if (postgresUrl !== undefined) {
    warehouses.addCluster("kit-cluster", { postgresUrl });
    warehouses.addWorkgroup("kit-workgroup", { postgresUrl });
  }
  const faults = new Faults();
  const calls = new Calls();
  const services = [
    new S3Service({ store: s3, nowMs, ...(s3PageKeysMax !== undefined && { pageKeysMax: s3PageKeysMax }) }),
    new RedshiftDataService({ statements, warehouses, secrets, ...(redshiftPageRows !== undefined && { pageRows: redshiftPageRows }) }),
    new SecretsManagerService(secrets),
    new StsService({ identities, roles, accountId, nowMs }),
  ];
  const server = await serve({ services, identities, faults, calls, nowMs, port });
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    port: server.port,
    region,
    accountId,
    credentials,
    s3,
    secrets,
    redshift: Object.assign(warehouses, { statements }),
    faults,
    calls,
    addUser: (name, policy) => addIdentity(newAccessKey("AKIA"), name, policy ?? null),
    addRole(name, policy, { externalId } = {}) {
      const arn = `arn:aws:iam::${accountId}:role/${name}`;
      roles.set(arn, { arn, policy: policy ?? null, externalId: externalId ?? null });
      return arn;
    },
    async stop() {
      await server.close();
      await statements.close();
    },
  };
}
