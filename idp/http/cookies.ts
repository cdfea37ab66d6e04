/**
 * The three cookies of the identity provider: `session` (who is signed in), `browser` (which browser
 * an interaction belongs to) and `device` (whether somebody has signed in here before; it opens
 * nothing). Over https they are `__Host-` and Secure; over plain http, which only loopback issuers
 * have, neither is possible in every browser.
 */
import type { Context } from "koa";
import { isCredential } from "../protocol/credential.ts";

export type CookieName = "session" | "browser" | "device";

export interface CookieJar {
  /** The credential in the cookie; undefined when absent, malformed or given more than once. */
  read(ctx: Context, name: CookieName): string | undefined;
  set(ctx: Context, name: CookieName, value: string, options?: { expires?: Date }): void;
  clear(ctx: Context, name: CookieName): void;
}

export function cookieJar({ secure }: { secure: boolean }): CookieJar {
  const wireName = (name: CookieName) => (secure ? `__Host-signet-${name}` : `signet_${name}`);

  const write = (ctx: Context, name: CookieName, value: string, expires?: Date) => {
    const attributes = ["Path=/", "HttpOnly", "SameSite=Lax"];
    if (secure) attributes.push("Secure");
    if (expires) attributes.push(`Expires=${expires.toUTCString()}`);
    const pair = `${wireName(name)}=`;
    const others = setCookies(ctx).filter((line) => !line.startsWith(pair));
    ctx.set("Set-Cookie", [...others, `${pair}${value}; ${attributes.join("; ")}`]);
    // An answer that sets a cookie belongs to one person (CVE-2025-48947).
    ctx.set("Cache-Control", "no-store");
  };

  return {
    read(ctx, name) {
      const values = cookieValues(ctx.get("Cookie"), wireName(name));
      const value = values.length === 1 ? values[0] : undefined;
      return value !== undefined && isCredential(name, value) ? value : undefined;
    },
    set: (ctx, name, value, { expires } = {}) => write(ctx, name, value, expires),
    clear: (ctx, name) => write(ctx, name, "", new Date(0)),
  };
}

function cookieValues(header: string, name: string): string[] {
  return header
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
}

function setCookies(ctx: Context): string[] {
  const current = ctx.response.headers["set-cookie"];
  return current === undefined ? [] : [current].flat().map(String);
}
