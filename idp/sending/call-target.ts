// Where a call goes: an address is resolved once and judged, and the connection is made to what was
// judged, so that a name which answers differently the second time gains nothing (security F2).
import { type LookupAddress, lookup } from "node:dns";
import { isIP } from "node:net";
import type { AddressRules } from "./address-rules.ts";

/** Every address of a name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

export interface CallTarget {
  readonly url: URL;
  /** Judged, and at least one. */
  readonly addresses: readonly LookupAddress[];
}

/** This URL, or what its name leads to, is nothing that may be called. */
export class AddressNotAllowed extends Error {
  override readonly name = "AddressNotAllowed";
}

const LOOPBACK: readonly LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/** As the system resolves names, its own file of hosts included. */
export const resolveBySystem: Resolve = (hostname) =>
  new Promise((resolve, reject) => {
    lookup(hostname, { all: true, order: "verbatim" }, (error, addresses) =>
      error ? reject(error) : resolve(addresses),
    );
  });

/**
 * https to what may be called; http only to what the operator has named.
 * @throws AddressNotAllowed, or what `resolve` throws
 */
export async function callTarget(
  uri: string,
  { rules, resolve }: { rules: AddressRules; resolve: Resolve },
): Promise<CallTarget> {
  // The parser turns every spelling of an IPv4 address (decimal, octal, hexadecimal, short) into one.
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || !["https:", "http:"].includes(url.protocol))
    throw new AddressNotAllowed("not an https URL");
  if (url.username !== "" || url.password !== "")
    throw new AddressNotAllowed("the URL has user information");
  const isAllowed = url.protocol === "https:" ? rules.mayBeCalled : rules.isNamed;
  const addresses = (await addressesOf(url.hostname, resolve)).filter(({ address }) =>
    isAllowed(address),
  );
  if (addresses.length === 0) throw new AddressNotAllowed("no address that may be called");
  return { url, addresses };
}

async function addressesOf(hostname: string, resolve: Resolve): Promise<readonly LookupAddress[]> {
  const literal = hostname.replace(/^\[(.*)\]$/, "$1");
  const family = isIP(literal);
  if (family !== 0) return [{ address: literal, family }];
  return isLocalhost(hostname) ? LOOPBACK : resolve(hostname);
}

/** No resolver is asked (RFC 6761 §6.3): several would look for it outside, or not find it. */
const isLocalhost = (hostname: string): boolean => /^(?:[^.]+\.)*localhost\.?$/.test(hostname);
