import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import type { LookupFunction } from "node:net";

/** Whether a URL's hostname can only mean this machine (RFC 6761 §6.3, RFC 8252 §8.3). */
export function isLoopbackHost(hostname: string): boolean {
  return (
    /^(?:[^.]+\.)*localhost$/i.test(hostname) ||
    /^127(?:\.\d+){3}$/.test(hostname) ||
    hostname === "[::1]"
  );
}

const LOOPBACK: LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/**
 * dns.lookup that takes `localhost` and `*.localhost` for this machine without asking a resolver, as browsers
 * do (RFC 6761 §6.3); several C libraries would ask, and get nothing.
 */
export const lookupWithLoopback: LookupFunction = (hostname, options, callback) => {
  if (!isLoopbackHost(hostname)) {
    lookup(hostname, options as LookupOptions, callback);
    return;
  }
  const family = options.family === "IPv6" ? 6 : options.family === "IPv4" ? 4 : options.family;
  const addresses = LOOPBACK.filter((entry) => !family || entry.family === family);
  const [first] = addresses;
  if (options.all || !first) callback(null, addresses);
  else callback(null, first.address, first.family);
};
