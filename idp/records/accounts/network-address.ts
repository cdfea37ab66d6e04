import { isIP } from "node:net";

/**
 * The one spelling an address is counted by (security P7): IPv4 as it is, also where it comes mapped
 * into IPv6; of IPv6 the /64, which is what one household or machine is given.
 */
export function addressKey(address: string): string {
  const [bare = ""] = address.trim().split("%");
  switch (isIP(bare)) {
    case 4:
      return bare;
    case 6:
      return keyOfIpv6(bare);
    default:
      return "unknown";
  }
}

function keyOfIpv6(address: string): string {
  // The URL parser knows all spellings of an IPv6 address (RFC 5952) and answers in one.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail ? tail.split(":") : [];
  const groups = [...left, ...Array(8 - left.length - right.length).fill("0"), ...right];
  const numbers = groups.map((group) => Number.parseInt(group, 16));

  const mapped = numbers.slice(0, 5).every((number) => number === 0) && numbers[5] === 0xffff;
  if (mapped) {
    const [high = 0, low = 0] = numbers.slice(6);
    return [high >> 8, high & 255, low >> 8, low & 255].join(".");
  }
  return `${groups.slice(0, 4).join(":")}::/64`;
}
