/** An error as AWS answers it: a code that clients branch on, a status, a text. Each protocol encodes it in its own way. */
export class AwsError extends Error {
  override readonly name: string = "AwsError";
  readonly code: string;
  readonly status: number;
  /** more elements of the answer, e.g. Key or BucketName */
  readonly details: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    { status = 400, details = {}, headers = {} }: { status?: number; details?: Readonly<Record<string, string>>; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.details = details;
    this.headers = headers;
  }
}
