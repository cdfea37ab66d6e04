// Which addresses may be called (security F2): public ones, and what the operator has named. Whatever
// is not known to be public is not: loopback, private networks, link-local with the metadata services
// of clouds, multicast, and IPv6 spellings that carry an IPv4 address in them.
import { BlockList, isIP } from "node:net";

/** IPv4 that is not public (IANA special-purpose registry), and one address of a cloud's own services. */
const NOT_PUBLIC_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
  "168.63.129.16/32",
];

/** Global unicast; everything else of IPv6 is local, multicast, mapped, translated or unassigned. */
const PUBLIC_IPV6 = "2000::/3";

/** Within it: protocol assignments with Teredo, documentation, and 6to4 (which carries an IPv4 address). */
const NOT_PUBLIC_IPV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

export interface AddressRules {
  /** Named by the operator: sites of the house that are not on the public network. */
  isNamed(address: string): boolean;
  /** Public or named. */
  mayBeCalled(address: string): boolean;
}

/** @param allow  addresses and CIDR ranges */
export function addressRules(allow: readonly string[]): AddressRules {
  const named = listOf(allow);
  const isNamed = (address: string) => isIn(named, address);
  return { isNamed, mayBeCalled: (address) => isNamed(address) || isPublic(address) };
}

const notPublic = listOf([...NOT_PUBLIC_IPV4, ...NOT_PUBLIC_IPV6]);
const publicIpv6 = listOf([PUBLIC_IPV6]);

function isPublic(address: string): boolean {
  const isCandidate = isIP(address) === 4 || isIn(publicIpv6, address);
  return isCandidate && !isIn(notPublic, address);
}

/** An address with a zone (`fe80::1%eth0`) is in no list: it means something on one link only. */
function isIn(list: BlockList, address: string): boolean {
  const version = isIP(address);
  if (version === 0 || address.includes("%")) return false;
  return list.check(address, version === 4 ? "ipv4" : "ipv6");
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix] = range.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}
