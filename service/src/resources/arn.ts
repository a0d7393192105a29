/**
 * Names of resources in the form that receivers of the retired service's messages know (reference §5.7). They embed
 * names, so deleting and creating again under the same name gives the same ARN.
 */
export interface ArnOwner {
  readonly region: string;
  /** 12 digits */
  readonly account: string;
}

/** A self-hosted installation has neither; these keep the form valid and say so plainly. */
export const DEFAULT_ARN_OWNER: ArnOwner = { region: "us-east-1", account: "000000000000" };

export function detectorArn(detectorName: string, owner: ArnOwner = DEFAULT_ARN_OWNER): string {
  return `${prefix(owner)}:AnomalyDetector:${detectorName}`;
}

export function alertArn(alertName: string, owner: ArnOwner = DEFAULT_ARN_OWNER): string {
  return `${prefix(owner)}:Alert:${alertName}`;
}

/** The id that all messages about one group under one alert share: `{alertArn}:event/{groupId}`. */
export function alertEventId(alertName: string, groupId: string, owner: ArnOwner = DEFAULT_ARN_OWNER): string {
  return `${alertArn(alertName, owner)}:event/${groupId}`;
}

function prefix({ region, account }: ArnOwner): string {
  return `arn:aws:lookoutmetrics:${region}:${account}`;
}
