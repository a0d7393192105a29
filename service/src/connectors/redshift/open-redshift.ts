import { awsAccess, regionOfArn } from "../../aws/aws-access.ts";
import type { Source, SourceContext } from "../connector.ts";
import { DataApi } from "./data-api.ts";
import { resolvePlace } from "./place.ts";
import type { RedshiftSettings } from "./redshift-settings.ts";
import { RedshiftSource } from "./redshift-source.ts";
import { openS3 } from "./s3-folder.ts";

export async function openRedshift(settings: RedshiftSettings, { secrets, zone, signal }: SourceContext): Promise<Source> {
  const { secretArn, workgroupName, unload, publish, pollSecondsMax } = settings;
  const access = await awsAccess(settings, secrets, regionOfArn(secretArn) ?? regionOfArn(workgroupName));
  const place = await resolvePlace(settings, access);
  const api = new DataApi(access, { place, zone, pollSecondsMax });
  try {
    await api.ping(signal);
  } catch (error) {
    api.close();
    throw error;
  }
  const s3 = unload === undefined && publish === undefined ? null : openS3(unload?.bucketRegion === undefined ? access : { ...access, region: unload.bucketRegion });
  return new RedshiftSource({ api, place, zone, s3, unload: unload ?? null, publish: publish ?? null });
}
