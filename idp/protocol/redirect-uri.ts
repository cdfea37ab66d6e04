// Redirect URIs: which may be registered, and whether a presented one is registered. Exact string
// comparison (RFC 9700 §2.1), except for the port of a native client on a loopback IP (RFC 8252 §7.3).

declare const verified: unique symbol;

/** A URI that matched a registered one. Only such a value is ever redirected to (RFC 6749 §4.1.2.1). */
export type VerifiedRedirect = string & { readonly [verified]: true };

const longestUri = 2048;

/** `http://127.0.0.1[:port]rest` and its IPv6 twin, spelled exactly so: no other spelling of the address. */
const loopbackIp = /^http:\/\/(127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?([/?].*)?$/;

/**
 * The presented URI, if it is one of the registered ones character by character, or differs from a
 * registered loopback IP redirect in its port alone.
 */
export function matchRedirectUri(
  registered: readonly string[],
  presented: string,
): VerifiedRedirect | undefined {
  const matches =
    registered.includes(presented) || registered.some((uri) => differsInPortOnly(uri, presented));
  return matches ? (presented as VerifiedRedirect) : undefined;
}

function differsInPortOnly(registered: string, presented: string): boolean {
  const [, host, , rest = ""] = loopbackIp.exec(registered) ?? [];
  const [, presentedHost, port, presentedRest = ""] = loopbackIp.exec(presented) ?? [];
  if (host === undefined || host !== presentedHost || rest !== presentedRest) return false;
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
}

/**
 * Why a URI cannot be registered as a redirect URI, or undefined when it can: https anywhere, http on
 * loopback hosts, and for native applications private-use schemes (RFC 8252 §7.1).
 */
export function isAcceptableRedirectUri(
  uri: string,
  { native = false }: { native?: boolean } = {},
): string | undefined {
  if (uri.length > longestUri) return `longer than ${longestUri} characters`;
  // RFC 3986 §2: anything else means different things to different parsers.
  if (!/^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/.test(uri)) {
    return "contains characters that a URI does not have";
  }
  if (/%(?![0-9A-Fa-f]{2})/.test(uri)) return "contains a broken percent-encoding";
  if (uri.includes("#")) return "must not have a fragment (RFC 6749 section 3.1.2)";
  if (!URL.canParse(uri)) return "is not an absolute URI";
  const url = new URL(uri);
  if (url.protocol === "https:" || url.protocol === "http:") return problemOfWebUri(uri, url);
  // A scheme named by a domain in reverse belongs to somebody; `javascript:` and `data:` do not.
  if (!url.protocol.includes(".")) return "must be https, or http on a loopback host";
  if (!native) return "may use a private-use scheme only with application_type native";
  return undefined;
}

/** Hosts that never leave the machine (RFC 6761 §6.3, RFC 8252 §7.3). */
export const isLoopbackHost = (hostname: string): boolean =>
  hostname === "127.0.0.1" ||
  hostname === "[::1]" ||
  hostname === "localhost" ||
  hostname.endsWith(".localhost");

function problemOfWebUri(uri: string, url: URL): string | undefined {
  const [, authority = ""] = /^https?:\/\/([^/?]*)/i.exec(uri) ?? [];
  if (authority.includes("@")) return "must not have user information";
  if (authority.includes("*")) return "must not have a wildcard: matching is exact";
  // `0x7f.1`, `%6c`, a missing or third slash: parsed to some host, but not the one that was written.
  const written = authority.replace(/:[0-9]*$/, "").toLowerCase();
  // URL parsers let more through, `;` and `,` among it, which would end a source in our policies.
  const isHost = /^([a-z0-9._-]+|\[[0-9a-f:]+\])$/.test(written);
  if (!isHost || written !== url.hostname) return "must spell its host in the canonical form";
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname)) {
    return "must be https, or http on a loopback host";
  }
  return undefined;
}
