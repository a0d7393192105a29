/** Where this installation keeps its segments, from its settings. */
import { awsAccess } from "../../aws/aws-access.ts";
import { Bucket } from "../../aws/bucket.ts";
import type { Secrets } from "../../secrets/secrets.ts";
import { UserError } from "../../telemetry/errors.ts";
import { CachedPlace } from "./cached-place.ts";
import { FolderPlace } from "./folder-place.ts";
import { S3Place } from "./s3-place.ts";
import type { SegmentPlace } from "./segment-place.ts";

export type SegmentSettings =
  | { readonly kind: "folder"; /** absolute */ readonly folder: string }
  | {
      readonly kind: "s3";
      readonly bucket: string;
      /** empty, or with a slash at its end */
      readonly prefix: string;
      /** null = AWS_REGION */
      readonly region: string | null;
      /** null = AWS's own */
      readonly endpoint: string | null;
      /** null = only where there is an endpoint */
      readonly isPathStyle: boolean | null;
      /** reference to a secret; null = what the AWS SDK finds */
      readonly credentials: string | null;
      /** absolute, of copies on this machine */
      readonly cacheFolder: string;
      /** 0 = no copies */
      readonly cacheMb: number;
    };

/** How long one request may take before it is tried again. */
const REQUEST_SECONDS_MAX = 60;

/** Throws UserError without a region, or for credentials that are none. */
export async function openSegmentPlace(settings: SegmentSettings, secrets: Secrets): Promise<SegmentPlace> {
  if (settings.kind === "folder") return new FolderPlace(settings.folder);
  const region = settings.region ?? process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"] ?? "";
  if (region === "") throw new UserError("the region of the segments' bucket is not known", { code: "SETTINGS", where: "FORETOP_SEGMENTS_REGION", advice: "Set FORETOP_SEGMENTS_REGION, or AWS_REGION." });
  const access = await awsAccess(
    {
      region,
      requestSecondsMax: REQUEST_SECONDS_MAX,
      ...(settings.endpoint !== null && { endpoint: settings.endpoint }),
      ...(settings.credentials !== null && { credentials: settings.credentials }),
    },
    secrets,
  );
  const place = new S3Place(new Bucket(settings.bucket, access, { isPathStyle: settings.isPathStyle ?? undefined }), settings.prefix);
  return settings.cacheMb === 0 ? place : new CachedPlace(place, { folder: settings.cacheFolder, bytesMax: settings.cacheMb * 1_000_000 });
}
