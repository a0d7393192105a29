/** The little XML that S3 and the query protocol speak: elements and text, no attributes that matter. */

/** What may stand for an element's content: text, elements by name, or several elements of the same name. */
export type XmlContent = string | number | boolean | null | undefined | XmlElements | readonly XmlContent[];
export interface XmlElements {
  readonly [name: string]: XmlContent;
}

/** Null and undefined give no element; a list gives the element once for each of its entries. */
export function xml(name: string, content: XmlContent, attributes = ""): string {
  if (content === null || content === undefined) return "";
  if (Array.isArray(content)) return (content as readonly XmlContent[]).map((item) => xml(name, item, attributes)).join("");
  const inner = typeof content === "object" ? Object.entries(content).map(([child, value]) => xml(child, value as XmlContent)).join("") : escapeXml(String(content));
  return `<${name}${attributes}>${inner}</${name}>`;
}

/** Control characters can't be in XML 1.0 at all: AWS replaces them, too (hence encoding-type=url). */
export function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\r", "&#13;")
    // oxlint-disable-next-line no-control-regex -- these are meant
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd");
}

/** The contents of all elements of a name, in order, wherever they stand; nested elements stay as text. */
export function elementsOf(text: string, name: string): string[] {
  const pattern = new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>([\\s\\S]*?)</(?:\\w+:)?${name}>`, "g");
  return [...text.matchAll(pattern)].map((match) => match[1]!);
}

export function elementOf(text: string, name: string): string | null {
  const [content] = elementsOf(text, name);
  return content === undefined ? null : unescapeXml(content);
}

function unescapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return named[name!] ?? whole;
  });
}
