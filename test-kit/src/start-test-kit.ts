/**
 * S3, Redshift Data API, Secrets Manager and STS in this process, on a port of 127.0.0.1, speaking AWS's protocols.
 *
 * @example
 * const kit = await startTestKit({ postgresUrl });
 * const s3 = new S3Client({ endpoint: kit.endpoint, region: kit.region, credentials: kit.credentials, forcePathStyle: true });
 * kit.s3.createBucket("data");
 * await kit.stop();
 */
import { randomBytes } from "node:crypto";
import { Identities } from "./auth/identity.ts";
import type { PolicyDocument } from "./auth/policy.ts";
import { Calls } from "./calls.ts";
import { Faults } from "./faults/faults.ts";
import { serve } from "./http/serve.ts";
import { S3Service } from "./s3/s3-service.ts";
import { S3Store } from "./s3/s3-store.ts";

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
}

export interface KitCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface TestKit {
  /** e.g. http://127.0.0.1:40123; all services answer there */
  readonly endpoint: string;
  readonly port: number;
  readonly region: string;
  readonly accountId: string;
  readonly credentials: KitCredentials;
  readonly s3: S3Store;
  readonly faults: Faults;
  readonly calls: Calls;
  /** Another user; with a policy, held to it. */
  addUser(name: string, policy?: PolicyDocument): KitCredentials;
  /** Ends calls that hang, too. */
  stop(): Promise<void>;
}

/** One of the account numbers that AWS keeps for documentation. */
const DOCUMENTATION_ACCOUNT = "111122223333";

export async function startTestKit({
  port = 0,
  region = "eu-central-1",
  accountId = DOCUMENTATION_ACCOUNT,
  credentials = newCredentials(),
  nowMs = Date.now,
  s3PageKeysMax,
}: TestKitOptions = {}): Promise<TestKit> {
  const identities = new Identities();
  const addIdentity = (keys: KitCredentials, name: string, policy: PolicyDocument | null): KitCredentials => {
    identities.add({ ...keys, sessionToken: null, expiresMs: null, arn: `arn:aws:iam::${accountId}:user/${name}`, userId: `AIDA${keys.accessKeyId.slice(4)}`, policy });
    return keys;
  };
  addIdentity(credentials, "kit", null);
  const s3 = new S3Store({ region, nowMs });
  const faults = new Faults();
  const calls = new Calls();
  const services = [new S3Service({ store: s3, nowMs, ...(s3PageKeysMax !== undefined && { pageKeysMax: s3PageKeysMax }) })];
  const server = await serve({ services, identities, faults, calls, nowMs, port });
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    port: server.port,
    region,
    accountId,
    credentials,
    s3,
    faults,
    calls,
    addUser: (name, policy) => addIdentity(newCredentials(), name, policy ?? null),
    stop: () => server.close(),
  };
}

/** In the forms that AWS has: clients look at them. */
function newCredentials(): KitCredentials {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const id = [...randomBytes(16)].map((byte) => letters[byte % letters.length]).join("");
  return { accessKeyId: `AKIA${id}`, secretAccessKey: randomBytes(30).toString("base64") };
}
