/** A client as a person would recognize it: by its name and the host in the address bar. */
import type { SiteView } from "./views.ts";

export interface RegisteredSite {
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** RFC 7591 §2; only addresses are looked at, and only as links. */
  readonly metadata: unknown;
  readonly firstParty: boolean;
}

/** Marks are ours to give: only sites Signet vouches for have one, by their name. */
const MARKS = new Map([
  ["Harbour Bank", "harbour"],
  ["Evergreen Retirement", "evergreen"],
] as const);

/** Clients are kept as they are until they change, and each is somebody at every hop. */
const views = new WeakMap<RegisteredSite, SiteView>();

export function siteView(site: RegisteredSite): SiteView {
  const view = views.get(site) ?? viewOf(site);
  views.set(site, view);
  return view;
}

function viewOf({ name, redirectUris, metadata, firstParty }: RegisteredSite): SiteView {
  const home = ownAddress(member(metadata, "client_uri"), redirectUris) ?? frontPage(redirectUris);
  const mark = firstParty ? [...MARKS].find(([owner]) => owner === name)?.[1] : undefined;
  return {
    name,
    host: home === undefined ? name : new URL(home).host,
    ...(home === undefined ? {} : { home }),
    ...(mark === undefined ? {} : { mark }),
  };
}

/**
 * Where the site begins a sign-in with us (OIDC Core §4), or undefined when it does not say, or says an
 * address that is not its own.
 */
export function openingAddress(
  { redirectUris, metadata }: Pick<RegisteredSite, "redirectUris" | "metadata">,
  issuer: string,
): string | undefined {
  const address = ownAddress(member(metadata, "initiate_login_uri"), redirectUris);
  if (address === undefined) return undefined;
  const url = new URL(address);
  // Said once, by us alone, and nothing of the person with it.
  url.searchParams.set("iss", issuer);
  return url.href;
}

const member = (metadata: unknown, name: string): unknown =>
  typeof metadata === "object" && metadata !== null
    ? new Map<string, unknown>(Object.entries(metadata)).get(name)
    : undefined;

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
