/**
 * Cross-site request forgery: every form carries a token bound to the browser and to what the form
 * is for, and its request must come from our own pages (ASVS 3.5.1). Both are checked, always.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Context } from "koa";
import { forbiddenForm } from "./page-problem.ts";

/**
 * @param secret   the browser cookie, or the session cookie on pages that have no interaction
 * @param purpose  what the form does and to what, e.g. `sign-in:<interaction>`
 */
export function csrfToken(secret: string, purpose: string): string {
  return createHmac("sha256", secret).update(`signet csrf\0${purpose}`).digest("base64url");
}

/** @throws PageProblem 403 */
export function requireCsrf(
  token: string | undefined,
  secret: string | undefined,
  purpose: string,
): void {
  if (token === undefined || secret === undefined) throw forbiddenForm();
  const given = Buffer.from(token);
  const expected = Buffer.from(csrfToken(secret, purpose));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw forbiddenForm();
}

/**
 * `Referrer-Policy: no-referrer` makes browsers send `Origin: null` with our own forms, so fetch
 * metadata is asked first and `null` decides nothing by itself.
 * @param origin  our own, from the issuer
 * @throws PageProblem 403
 */
export function requireSameOrigin(ctx: Context, origin: string): void {
  const site = ctx.get("Sec-Fetch-Site");
  if (site !== "") {
    if (site !== "same-origin") throw forbiddenForm();
    return;
  }
  const sender = ctx.get("Origin");
  if (sender !== "" && sender !== "null" && sender !== origin) throw forbiddenForm();
}
