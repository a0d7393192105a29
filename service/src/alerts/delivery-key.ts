/**
 * What a receiver can tell repeats by: the same on every retry and after every crash, different for any two messages.
 * Readable on purpose; names of alerts hold no `:`, ids of groups neither, and all of it is fit for an HTTP header.
 */
export function deliveryKey(alertName: string, groupId: string, revision: number): string {
  return `${alertName}:${groupId}:${revision}`;
}
