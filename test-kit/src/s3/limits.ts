/** What S3 documents as its limits, by name. */

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html: up to 1,000 keys */
export const LIST_KEYS_MAX = 1000;
/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
export const DELETE_KEYS_MAX = 1000;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html: of UTF-8 */
export const KEY_BYTES_MAX = 1024;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html: names and values together */
export const METADATA_BYTES_MAX = 2048;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html: all but the last part */
export const PART_BYTES_MIN = 5 * 1024 ** 2;
export const PART_NUMBER_MAX = 10_000;
/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html: larger ones need UploadPartCopy */
export const COPY_BYTES_MAX = 5 * 1024 ** 3;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export const BUCKET_NAME = /^(?!\d+\.\d+\.\d+\.\d+$)(?!xn--)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
