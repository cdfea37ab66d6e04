/**
 * Where a request came from. `X-Forwarded-For` is read only when the socket's other end is a
 * configured proxy, from the right, and only as far as configured proxies vouch for it (ASVS 4.1.3).
 */
import { BlockList, isIP } from "node:net";

export type ClientAddress = (remoteAddress: string | undefined, forwardedFor: string) => string;

/** Hops looked at: nobody runs more proxies, and a header may hold thousands. */
const MAX_HOPS = 10;

/**
 * @param trustedProxies  IP addresses or CIDR blocks
 * @throws TypeError naming the entry that is neither
 */
export function clientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = blockList(trustedProxies);

  return (remoteAddress, forwardedFor) => {
    let address = plainAddress(remoteAddress ?? "");
    if (address === undefined) return "unknown";
    if (forwardedFor === "") return address;
    const hops = forwardedFor.split(",").slice(-MAX_HOPS).reverse();
    for (const hop of hops) {
      if (!isTrusted(trusted, address)) break;
      // An unparsable hop ends the chain: the proxy that passed it on is all we know.
      const next = plainAddress(hop.trim());
      if (next === undefined) break;
      address = next;
    }
    return address;
  };
}

function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [network = "", prefix] = entry.split("/");
    const family = isIP(network);
    const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
    if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) {
      throw new TypeError(`"${entry}" is neither an IP address nor a CIDR block`);
    }
    list.addSubnet(network, bits, family === 4 ? "ipv4" : "ipv6");
  }
  return list;
}

function isTrusted(trusted: BlockList, address: string): boolean {
  return trusted.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");
}

/** One spelling per address: an IPv4 address mapped into IPv6 is written as IPv4. */
function plainAddress(text: string): string | undefined {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1];
  const address = mapped ?? text;
  return isIP(address) === 0 ? undefined : address;
}
