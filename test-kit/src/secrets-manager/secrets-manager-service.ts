/**
 * Secrets Manager, as far as reading goes.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
import type { Signed, SignatureFailure } from "../auth/verify-signature.ts";
import { AwsError } from "../http/aws-error.ts";
import { authorise, encodeJsonError, jsonInput, jsonOperation, jsonReply, jsonSignatureError, textField } from "../http/json-service.ts";
import type { JsonInput } from "../http/json-service.ts";
import type { KitReply } from "../http/reply.ts";
import type { KitRequest } from "../http/request.ts";
import type { KitService } from "../service.ts";
import type { SecretsStore, SecretVersion, StoredSecret } from "./secrets-store.ts";

export class SecretsManagerService implements KitService {
  readonly name = "secretsmanager";
  readonly #store: SecretsStore;

  constructor(store: SecretsStore) {
    this.#store = store;
  }

  identify(request: KitRequest): { operation: string; target: string } {
    const id = /"SecretId"\s*:\s*"([^"]*)"/.exec(request.body.toString())?.[1];
    return { operation: jsonOperation(request), target: id ?? "" };
  }

  handle(request: KitRequest, signed: Signed): KitReply {
    const input = jsonInput(request);
    switch (jsonOperation(request)) {
      case "GetSecretValue":
        return this.#getSecretValue(input, signed);
      case "DescribeSecret": {
        const secret = this.#secret(input, signed, "DescribeSecret");
        return jsonReply(JSON.stringify({ ARN: secret.arn, Name: secret.name, CreatedDate: secret.createdMs / 1000, VersionIdsToStages: Object.fromEntries(secret.versions.map(({ id }, i) => [id, stagesOf(i)])) }));
      }
      case "ListSecrets":
        authorise(signed, { action: "secretsmanager:ListSecrets", resource: "*" });
        return jsonReply(JSON.stringify({ SecretList: this.#store.list(signed.scope.region).map(({ arn, name, createdMs }) => ({ ARN: arn, Name: name, CreatedDate: createdMs / 1000 })) }));
      default:
        throw new AwsError("UnknownOperationException", `the kit's Secrets Manager does not have ${jsonOperation(request)}`);
    }
  }

  #getSecretValue(input: JsonInput, signed: Signed): KitReply {
    const secret = this.#secret(input, signed, "GetSecretValue");
    const [versionId, stage] = [textField(input, "VersionId"), textField(input, "VersionStage")];
    const version = secret.versions.find((candidate, i) => (versionId === null || candidate.id === versionId) && (versionId !== null && stage === null ? true : stagesOf(i).includes(stage ?? "AWSCURRENT")));
    if (version === undefined) throw new AwsError("ResourceNotFoundException", `Secrets Manager can't find the specified secret value for ${versionId === null ? `staging label: ${stage}` : `VersionId: ${versionId}`}`);
    return jsonReply(JSON.stringify({ ARN: secret.arn, Name: secret.name, VersionId: version.id, VersionStages: stagesOf(secret.versions.indexOf(version)), CreatedDate: version.createdMs / 1000, ...valueOf(version) }));
  }

  #secret(input: JsonInput, signed: Signed, action: string): StoredSecret {
    const id = textField(input, "SecretId", { required: true, lengthMax: 2048 });
    const secret = this.#store.find(id, signed.scope.region);
    const resource = secret?.arn ?? `arn:aws:secretsmanager:${signed.scope.region}:*:secret:${id}`;
    authorise(signed, { action: `secretsmanager:${action}`, resource });
    if (secret === null) throw new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    if (secret.isDeleted) throw new AwsError("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.");
    return secret;
  }

  signatureError(failure: SignatureFailure): AwsError {
    return jsonSignatureError(failure);
  }

  throttled(): AwsError {
    return new AwsError("ThrottlingException", "Rate exceeded");
  }

  encodeError(error: AwsError): KitReply {
    return encodeJsonError(error);
  }
}

/** A text as it is; bytes as base64, which clients decode once. */
function valueOf({ value }: SecretVersion): Record<string, string> {
  return typeof value === "string" ? { SecretString: value } : { SecretBinary: value.toString("base64") };
}

function stagesOf(index: number): string[] {
  return index === 0 ? ["AWSCURRENT"] : index === 1 ? ["AWSPREVIOUS"] : [];
}
