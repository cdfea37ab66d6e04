import type { Context } from "koa";

/** The most that one Set-Cookie header may take; browsers drop cookies past 4096 bytes without a word. */
export const SET_COOKIE_MAX_BYTES = 3890;

export class CookieTooLarge extends Error {
  override name = "CookieTooLarge";
}

/** The cookies of one site, named for it because ports do not separate cookies (RFC 6265 §8.5). */
export interface SiteCookies {
  read(ctx: Context, name: string): string | undefined;
  /** @throws CookieTooLarge past the budget */
  set(ctx: Context, name: string, value: string, options?: { maxAgeSeconds: number }): void;
  clear(ctx: Context, name: string): void;
  /** Names present in the request that begin with `prefix`. */
  named(ctx: Context, prefix: string): string[];
}

/** Over https `__Host-` and Secure; over http on loopback neither, since browsers differ there. Always Lax. */
export function siteCookies(site: { prefix: string; secure: boolean }): SiteCookies {
  const fullName = (name: string) =>
    site.secure ? `__Host-${site.prefix}-${name}` : `${site.prefix}_${name}`;
  const attributes = `; Path=/; HttpOnly; SameSite=Lax${site.secure ? "; Secure" : ""}`;

  const write = (ctx: Context, name: string, header: string) => {
    const others = setCookies(ctx).filter((other) => !other.startsWith(`${fullName(name)}=`));
    ctx.set("Set-Cookie", [...others, header]);
  };
  return {
    read: (ctx, name) => requestCookies(ctx).get(fullName(name)),
    set(ctx, name, value, options) {
      const maxAge = options ? `; Max-Age=${options.maxAgeSeconds}` : "";
      const header = `${fullName(name)}=${value}${attributes}${maxAge}`;
      if (header.length > SET_COOKIE_MAX_BYTES) throw new CookieTooLarge(`${header.length} bytes`);
      write(ctx, name, header);
    },
    clear: (ctx, name) => write(ctx, name, `${fullName(name)}=${attributes}; Max-Age=0`),
    named(ctx, prefix) {
      const start = fullName(prefix);
      const names = [...requestCookies(ctx).keys()].filter((name) => name.startsWith(start));
      return names.map((name) => prefix + name.slice(start.length));
    },
  };
}

function setCookies(ctx: Context): string[] {
  const current: unknown = ctx.response.headers["set-cookie"];
  return Array.isArray(current) ? current : [];
}

/** RFC 6265 §5.4. A name given twice means the first, as servers have always read it. */
function requestCookies(ctx: Context): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (ctx.get("cookie") || "").split(";")) {
    const [name = "", ...value] = pair.split("=");
    const key = name.trim();
    if (key && !cookies.has(key)) cookies.set(key, value.join("=").trim());
  }
  return cookies;
}
