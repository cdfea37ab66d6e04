/** A client as a person would recognize it: by its name and the host in the address bar. */
import type { SiteView } from "./views.ts";

export interface RegisteredSite {
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** RFC 7591 §2; only `client_uri` is looked at, and only as a link. */
  readonly metadata: unknown;
  readonly firstParty: boolean;
}

/** Marks are ours to give: only sites Signet vouches for have one, by their name. */
const MARKS = new Map([
  ["Harbour Bank", "harbour"],
  ["Evergreen Retirement", "evergreen"],
] as const);

export function siteView({ name, redirectUris, metadata, firstParty }: RegisteredSite): SiteView {
  const home = ownAddress(clientUri(metadata), redirectUris) ?? frontPage(redirectUris);
  const mark = firstParty ? [...MARKS].find(([owner]) => owner === name)?.[1] : undefined;
  return {
    name,
    host: home === undefined ? name : new URL(home).host,
    ...(home === undefined ? {} : { home }),
    ...(mark === undefined ? {} : { mark }),
  };
}

function clientUri(metadata: unknown): unknown {
  return typeof metadata === "object" && metadata !== null && "client_uri" in metadata
    ? metadata.client_uri
    : undefined;
}

/**
 * What a client says its address is, if answers go to that host as well: anyone may register, and
 * nobody may borrow another site's address (RFC 7591 §5).
 */
function ownAddress(uri: unknown, redirectUris: readonly string[]): string | undefined {
  const address = webAddress(uri);
  if (address === undefined) return undefined;
  const { host } = new URL(address);
  const hosts = redirectUris.map(webAddress).map((known) => known && new URL(known).host);
  return hosts.includes(host) ? address : undefined;
}

/** What a redirect URI says about the site: its origin's front page. */
function frontPage(redirectUris: readonly string[]): string | undefined {
  const first = redirectUris.map(webAddress).find((uri) => uri !== undefined);
  return first === undefined ? undefined : new URL("/", first).href;
}

function webAddress(uri: unknown): string | undefined {
  if (typeof uri !== "string" || !URL.canParse(uri)) return undefined;
  const { protocol, href } = new URL(uri);
  return protocol === "https:" || protocol === "http:" ? href : undefined;
}
