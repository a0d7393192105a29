/** What the server needs of each AWS service that it plays. */
import type { Signed } from "./auth/verify-signature.ts";
import type { SignatureFailure } from "./auth/verify-signature.ts";
import type { ServiceName } from "./calls.ts";
import type { AwsError } from "./http/aws-error.ts";
import type { KitReply } from "./http/reply.ts";
import type { KitRequest } from "./http/request.ts";

export interface KitService {
  readonly name: ServiceName;
  /** Which operation, and what it is about; must not throw, whatever was sent. */
  identify(request: KitRequest): { readonly operation: string; readonly target: string };
  /** Throws AwsError. The signature is good. */
  handle(request: KitRequest, signed: Signed): Promise<KitReply> | KitReply;
  /** The service's own code for a signature that is no good. */
  signatureError(failure: SignatureFailure): AwsError;
  /** Its "slow down". */
  throttled(): AwsError;
  encodeError(error: AwsError, request: KitRequest, requestId: string): KitReply;
}
