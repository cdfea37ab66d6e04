/** Where our own pages are, for redirects to them and forms that end at them. */

/** The absolute address of a page of ours. */
export type OwnPageUrl = (path: string) => string;

/**
 * Everything is at the issuer, but for the console where that has a listener of its own.
 * @param path  begins with a slash
 */
export const ownPageUrl =
  ({ issuer, adminOrigin }: { issuer: string; adminOrigin: string }): OwnPageUrl =>
  (path) =>
    `${path === "/admin" || path.startsWith("/admin/") ? adminOrigin : issuer}${path}`;
