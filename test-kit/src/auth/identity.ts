/** Who calls: a user or an assumed role, with the keys that it signs with and the policy that it is held to. */
import type { PolicyDocument } from "./policy.ts";

export interface Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** of temporary credentials; has to come with each request */
  readonly sessionToken: string | null;
  readonly expiresMs: number | null;
  readonly arn: string;
  readonly userId: string;
  /** null: may do everything */
  readonly policy: PolicyDocument | null;
}

export class Identities {
  readonly #byKey = new Map<string, Identity>();

  add(identity: Identity): Identity {
    this.#byKey.set(identity.accessKeyId, identity);
    return identity;
  }

  get(accessKeyId: string): Identity | null {
    return this.#byKey.get(accessKeyId) ?? null;
  }
}
