import { expect, test } from "vitest";
import { whyNotPublic } from "./address-guard.ts";

test("public addresses pass, also just outside the refused ranges", () => {
  const addresses = ["8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e"];
  expect(addresses.map(whyNotPublic)).toEqual(addresses.map(() => null));
});

test("loopback, private, link-local, carrier-grade, multicast and reserved addresses do not", () => {
  const addresses = {
    "0.0.0.0": "this network", "10.0.0.1": "private", "10.255.255.255": "private", "100.64.0.1": "carrier-grade NAT", "100.100.100.200": "carrier-grade NAT", "127.0.0.1": "loopback", "127.255.255.254": "loopback",
    "169.254.169.254": "link-local, where clouds keep their metadata", "172.16.0.1": "private", "172.31.255.255": "private", "192.168.1.1": "private", "192.0.0.192": "reserved", "198.18.0.1": "benchmarking", "224.0.0.1": "multicast", "239.255.255.255": "multicast",
    "240.0.0.1": "reserved or broadcast", "255.255.255.255": "reserved or broadcast", "168.63.129.16": "a cloud's metadata",
    "::": "unspecified", "::1": "loopback", "fe80::1": "link-local", "fe80::1%eth0": "link-local", "fc00::1": "private", "fd00:ec2::254": "private", "ff02::1": "multicast", "2001:db8::1": "documentation", "2001::1": "special purpose", "2002:7f00:1::": "6to4", "64:ff9b::7f00:1": "NAT64",
    "fec0::1": "not globally routed", "100::1": "not globally routed",
  };
  expect(Object.fromEntries(Object.keys(addresses).map((address) => [address, whyNotPublic(address)]))).toEqual(addresses);
});

test("an IPv4 address in the clothes of an IPv6 one is refused, in every spelling", () => {
  for (const address of ["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "0:0:0:0:0:ffff:10.0.0.1", "::FFFF:8.8.8.8"]) expect(whyNotPublic(address), address).not.toBeNull();
});

test("what is no address does not pass", () => {
  for (const text of ["", "localhost", "127.1", "0x7f.1", "2130706433", "1.2.3.4.5", "[::1]"]) expect(whyNotPublic(text)).toBe("not an address");
});
