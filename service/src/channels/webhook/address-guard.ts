/**
 * Which addresses a webhook may not reach unless it is allowed to: whoever can write a detector's file must not be able
 * to make the service talk to the metadata service of its cloud, to itself, or to what hides in its network.
 */
import { BlockList, isIP, isIPv4 } from "node:net";

/** IANA special-purpose registries (RFC 6890 and successors), and one address a cloud uses for itself. */
const REFUSED_IPV4: readonly (readonly [string, number, string])[] = [
  ["0.0.0.0", 8, "this network"],
  ["10.0.0.0", 8, "private"],
  ["100.64.0.0", 10, "carrier-grade NAT"],
  ["127.0.0.0", 8, "loopback"],
  ["169.254.0.0", 16, "link-local, where clouds keep their metadata"],
  ["172.16.0.0", 12, "private"],
  ["192.0.0.0", 24, "reserved"],
  ["192.0.2.0", 24, "documentation"],
  ["192.88.99.0", 24, "6to4 relay"],
  ["192.168.0.0", 16, "private"],
  ["198.18.0.0", 15, "benchmarking"],
  ["198.51.100.0", 24, "documentation"],
  ["203.0.113.0", 24, "documentation"],
  ["224.0.0.0", 4, "multicast"],
  ["240.0.0.0", 4, "reserved or broadcast"],
  ["168.63.129.16", 32, "a cloud's metadata"],
];

/** Named for the message; whatever else is not in 2000::/3 is refused as well. */
const REFUSED_IPV6: readonly (readonly [string, number, string])[] = [
  ["::", 128, "unspecified"],
  ["::1", 128, "loopback"],
  ["::ffff:0:0", 96, "IPv4-mapped"],
  ["64:ff9b::", 96, "NAT64"],
  ["64:ff9b:1::", 48, "NAT64"],
  ["fc00::", 7, "private"],
  ["fe80::", 10, "link-local"],
  ["ff00::", 8, "multicast"],
  ["2001::", 23, "special purpose"],
  ["2001:db8::", 32, "documentation"],
  ["2002::", 16, "6to4"],
  ["3fff::", 20, "documentation"],
];

// One list per family: a BlockList holds an IPv4 address against the IPv6 rules as well, as ::ffff:a.b.c.d.
const refused = {
  ipv4: REFUSED_IPV4.map(([net, bits, name]) => ({ name, list: blockList(net, bits, "ipv4") })),
  ipv6: REFUSED_IPV6.map(([net, bits, name]) => ({ name, list: blockList(net, bits, "ipv6") })),
};
const globalUnicast = blockList("2000::", 3, "ipv6");

/** Why an address is not a public one, in a word for the message; null where it is. */
export function whyNotPublic(address: string): string | null {
  const bare = address.replace(/%.*$/, ""); // a zone id, as in fe80::1%eth0
  if (isIP(bare) === 0) return "not an address";
  const family = isIPv4(bare) ? "ipv4" : "ipv6";
  const found = refused[family].find(({ list }) => list.check(bare, family));
  if (found !== undefined) return found.name;
  return family === "ipv6" && !globalUnicast.check(bare, "ipv6") ? "not globally routed" : null;
}

function blockList(net: string, bits: number, family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  list.addSubnet(net, bits, family);
  return list;
}
