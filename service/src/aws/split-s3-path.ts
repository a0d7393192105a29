import { UserError } from "../telemetry/errors.ts";

/** "s3://bucket/a/b" → bucket, key prefix, and where in the text that begins. Throws UserError, code "TEMPLATE". */
export function splitS3Path(text: string): { bucket: string; path: string; pathAt: number } {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(\/|$)/.exec(text);
  if (match === null) {
    throw new UserError(`the path ${JSON.stringify(text.slice(0, 200))} can't be used: it doesn't begin with s3://bucket/ (character 1)`, { code: "TEMPLATE", where: "character 1", advice: "Bucket names are lower case: s3://my-bucket/folder/." });
  }
  return { bucket: match[1]!, path: text.slice(match[0].length), pathAt: match[0].length };
}
