/** Where people see a group: the link of every message. */
export function groupPageUrl(consoleUrl: string, groupId: string): string {
  return `${consoleUrl.replace(/\/+$/, "")}/groups/${encodeURIComponent(groupId)}`;
}
