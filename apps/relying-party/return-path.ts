const MAX_CHARACTERS = 512;

/**
 * Where to go after signing in: a path on this very site, whatever was asked for; "/" when in doubt. A path
 * can become another host in a browser ("//host", "/\host"), so it is resolved before it is believed.
 */
export function returnPath(asked: string | undefined, baseUrl: string): string {
  if (!asked?.startsWith("/") || asked.length > MAX_CHARACTERS) return "/";
  if (!URL.canParse(asked, baseUrl)) return "/";
  const url = new URL(asked, baseUrl);
  return url.origin === baseUrl && !url.pathname.startsWith("//") ? url.pathname + url.search : "/";
}
