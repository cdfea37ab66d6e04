/**
 * What every answer tells the browser it may not do (security H1, design 8). No nonces and nothing
 * inline: a page loads from ourselves or not at all.
 */
import type { Context, Middleware } from "koa";

const ONE_YEAR_SECONDS = 31_536_000;

export const securityHeaders =
  ({ secure }: { secure: boolean }): Middleware =>
  (ctx, next) => {
    for (const [name, value] of securityHeaderList({ secure })) ctx.res.setHeader(name, value);
    return next();
  };

/**
 * Lets a form of this page end up at `uri`. Chromium applies `form-action` to the whole redirect
 * chain after a submit, so interaction pages name where the client will be answered.
 * @param uri  a verified redirect
 */
export function allowFormAction(ctx: Context, uri: string): void {
  ctx.set("Content-Security-Policy", contentSecurityPolicy({ formAction: [sourceOf(uri)] }));
}

/** Lets this page load pages of others into itself. @param uris  registered addresses of sites */
export function allowFrames(ctx: Context, uris: readonly string[]): void {
  const frames = [...new Set(uris.map(sourceOf))];
  ctx.set("Content-Security-Policy", contentSecurityPolicy({ frames }));
}

/** `unsafe-none` where a site may have opened us as its popup and waits for the answer. */
export function crossOriginOpener(ctx: Context, policy: "unsafe-none" | "same-origin"): void {
  ctx.set("Cross-Origin-Opener-Policy", policy);
}

/** What a page may do beside loading from ourselves. */
interface Allowed {
  formAction?: readonly string[];
  frames?: readonly string[];
}

function contentSecurityPolicy({ formAction = [], frames = [] }: Allowed): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "font-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
    ...(frames.length > 0 ? [`frame-src ${frames.join(" ")}`] : []),
    `form-action ${["'self'", ...formAction].join(" ")}`,
  ].join("; ");
}

/** A private-use scheme (RFC 8252 §7.1) and an IPv6 literal cannot be written as a host source. */
function sourceOf(uri: string): string {
  const { protocol, hostname, origin } = new URL(uri);
  const isWeb = protocol === "https:" || protocol === "http:";
  return isWeb && !hostname.startsWith("[") ? origin : protocol;
}

/** What every answer has that does not say otherwise. */
export const securityHeaderList = ({ secure }: { secure: boolean }): readonly Header[] =>
  secure ? SECURE : ALWAYS;

type Header = readonly [name: string, value: string];

const ALWAYS: readonly Header[] = [
  ["Content-Security-Policy", contentSecurityPolicy({})],
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "DENY"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Permissions-Policy", "camera=(), geolocation=(), microphone=()"],
];

const SECURE: readonly Header[] = [
  ...ALWAYS,
  ["Strict-Transport-Security", `max-age=${ONE_YEAR_SECONDS}; includeSubDomains`],
];
