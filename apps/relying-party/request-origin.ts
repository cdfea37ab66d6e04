import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { Context } from "koa";
import { foreignRequest } from "./site-problem.ts";

/**
 * Refuses a state-changing request that another site's page made. `Sec-Fetch-Site` decides where the browser
 * sends it; else an `Origin`, unless it is "null", as it is for our own forms under `no-referrer`.
 */
export function requireSameOrigin(ctx: Context, baseUrl: string): void {
  const site = ctx.get("sec-fetch-site");
  const origin = ctx.get("origin");
  const isForeign = site
    ? site !== "same-origin"
    : origin !== "" && origin !== "null" && origin !== baseUrl;
  if (isForeign) throw foreignRequest(new Error(`sec-fetch-site "${site}", origin "${origin}"`));
}

/** Tokens for the forms of one site session. They need no storage and fit no other session. */
export interface CsrfTokens {
  tokenFor(sessionId: string): string;
  isTokenFor(sessionId: string, token: string): boolean;
}

export function createCsrfTokens(sessionKeys: readonly Uint8Array[]): CsrfTokens {
  const keys = sessionKeys.map((key) => new Uint8Array(hkdfSync("sha256", key, "", "csrf", 32)));
  const tokens = (sessionId: string) =>
    keys.map((key) => createHmac("sha256", key).update(sessionId).digest());
  return {
    tokenFor: (sessionId) => tokens(sessionId)[0]?.toString("base64url") ?? "",
    isTokenFor(sessionId, token) {
      const presented = Buffer.from(token, "base64url");
      return tokens(sessionId).some(
        (expected) => expected.length === presented.length && timingSafeEqual(expected, presented),
      );
    },
  };
}
