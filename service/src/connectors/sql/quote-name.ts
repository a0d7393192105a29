/** A name as SQL writes it when it must be taken literally. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
