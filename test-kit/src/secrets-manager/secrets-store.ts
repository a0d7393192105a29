/** Secrets with their versions; tests write it directly. */
import { createHash } from "node:crypto";
import { AwsError } from "../http/aws-error.ts";

export interface StoredSecret {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly createdMs: number;
  /** newest first: AWSCURRENT, AWSPREVIOUS, older ones */
  readonly versions: readonly SecretVersion[];
  /** scheduled for deletion: it can't be read any more */
  readonly isDeleted: boolean;
}

export interface SecretVersion {
  readonly id: string;
  readonly createdMs: number;
  readonly value: string | Buffer;
}

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
export const SECRET_BYTES_MAX = 65_536;

export class SecretsStore {
  readonly #secrets = new Map<string, StoredSecret>();
  readonly #accountId: string;
  readonly #region: string;
  readonly #nowMs: () => number;

  constructor({ accountId, region, nowMs }: { accountId: string; region: string; nowMs: () => number }) {
    this.#accountId = accountId;
    this.#region = region;
    this.#nowMs = nowMs;
  }

  /** A new version if it is there already. Returns its ARN. */
  put(name: string, value: string | Buffer, { region = this.#region }: { region?: string } = {}): string {
    if (Buffer.byteLength(value) > SECRET_BYTES_MAX) throw new AwsError("InvalidParameterException", `a secret has at most ${SECRET_BYTES_MAX} bytes`);
    const existing = this.#secrets.get(`${region}/${name}`);
    const createdMs = this.#nowMs();
    // Six characters that nobody can guess end the ARN of a secret: here from its name, so that tests repeat.
    const suffix = createHash("sha256").update(`${region}/${name}`).digest("base64url").replaceAll(/[_-]/g, "x").slice(0, 6);
    const version: SecretVersion = { id: createHash("sha256").update(`${name}/${(existing?.versions.length ?? 0) + 1}`).digest("hex").slice(0, 32), createdMs, value };
    const arn = `arn:aws:secretsmanager:${region}:${this.#accountId}:secret:${name}-${suffix}`;
    this.#secrets.set(`${region}/${name}`, { arn, name, region, createdMs: existing?.createdMs ?? createdMs, versions: [version, ...(existing?.versions ?? [])], isDeleted: false });
    return arn;
  }

  delete(name: string, { region = this.#region }: { region?: string } = {}): void {
    const secret = this.#secrets.get(`${region}/${name}`);
    if (secret !== undefined) this.#secrets.set(`${region}/${name}`, { ...secret, isDeleted: true });
  }

  /** By name, ARN, or ARN without its suffix; null when there is none in the region. */
  find(id: string, region: string): StoredSecret | null {
    for (const secret of this.#secrets.values()) {
      if (secret.region === region && (secret.name === id || secret.arn === id || secret.arn.slice(0, -7) === id)) return secret;
    }
    return null;
  }

  list(region: string): StoredSecret[] {
    return [...this.#secrets.values()].filter((secret) => secret.region === region && !secret.isDeleted).sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
