// One request that is nearly right, or not at all.
import type { OutgoingHttpHeaders } from "node:http";
import { addressOf, type MountedRoute } from "../../attacks/every-route.ts";
import type { Chance } from "./seeded-chance.ts";

export interface Nonsense {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND"];
const NAMES = [
  "client_id",
  "redirect_uri",
  "response_type",
  "scope",
  "state",
  "nonce",
  "code_challenge",
  "code_challenge_method",
  "prompt",
  "max_age",
  "login_hint",
  "id_token_hint",
  "acr_values",
  "resource",
  "response_mode",
  "ui_locales",
  "claims",
  "request",
  "grant_type",
  "code",
  "code_verifier",
  "refresh_token",
  "client_secret",
  "token",
  "token_type_hint",
  "email",
  "password",
  "csrf",
  "post_logout_redirect_uri",
  "limit",
  "after",
  "before",
  "kind",
  "reason",
  "__proto__",
  "constructor",
  "a[]",
  "a[b]",
];
const VALUES = [
  "",
  "0",
  "-1",
  "1e400",
  "null",
  "true",
  "openid profile email",
  "code",
  "S256",
  "none",
  "login",
  "harbour-bank",
  "authorization_code",
  "refresh_token",
  "client_credentials",
  "https://example.test/callback",
  "form_post",
  "\u0000",
  "%",
  "%00",
  "%ff",
  "' OR 1=1 --",
  "<svg onload=alert(1)>",
  "../../etc/passwd",
  "\ud83d\ude00",
  "ßİı",
  `sgc_${"A".repeat(43)}`,
  `sgr_${"A".repeat(43)}`,
  "alice@example.test",
  "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
  '{"$gt":""}',
  "9".repeat(400),
];
const TYPES = [
  "application/x-www-form-urlencoded",
  "application/x-www-form-urlencoded; charset=utf-16",
  "application/json",
  "multipart/form-data; boundary=x",
  "text/plain",
  "",
];

/** @param adminToken  sometimes sent, so that what lies behind it is reached as well */
export function nonsenseFor(route: MountedRoute, chance: Chance, adminToken: string): Nonsense {
  const word = () => (chance.oneIn(4) ? chance.text(60) : chance.pick(VALUES));
  const parameters = () =>
    Array.from({ length: chance.upTo(8) }, () => {
      const name = chance.oneIn(8) ? chance.text(12) : chance.pick(NAMES);
      return chance.oneIn(6)
        ? `${name}=${word()}`
        : `${encodeURIComponent(name)}=${encodeURIComponent(word())}`;
    }).join("&");
  const method = chance.oneIn(3) ? chance.pick(METHODS) : chance.pick(route.methods);
  const address = addressOf(route, encodeURIComponent(word()) || "x");
  // What node's client refuses to send never reaches anybody.
  const path =
    `${address}${chance.oneIn(10) ? chance.pick([";x", "//", "/../", "%2e", "/"]) : ""}?${parameters()}`.replaceAll(
      /[^\u0021-\u007e]/g,
      "",
    );
  const type = chance.oneIn(3) ? chance.pick(TYPES) : (TYPES[0] ?? "");
  const isForm = !type.startsWith("application/json");
  const hasBody = !["GET", "HEAD", "OPTIONS"].includes(method);
  const printable = (text: string) => text.replaceAll(/[^\u0020-\u007e\u0080-\u00ff]/g, "");
  const headers: OutgoingHttpHeaders = {
    ...(hasBody && type !== "" && { "Content-Type": type }),
    ...(chance.oneIn(3) && {
      Cookie: printable(`signet_session=${word()}; signet_browser=${word()}`),
    }),
    ...(chance.oneIn(2) && {
      Authorization: printable(
        chance.pick([
          `Bearer ${word()}`,
          `Basic ${btoa("harbour-bank:x")}`,
          `Basic ${word()}`,
          `Bearer ${adminToken}`,
        ]),
      ),
    }),
    ...(chance.oneIn(4) && { Origin: printable(word()) }),
    ...(chance.oneIn(4) && {
      "Sec-Fetch-Site": chance.pick(["same-origin", "cross-site", "none"]),
    }),
    ...(chance.oneIn(6) && { "X-Forwarded-For": printable(word()) }),
    ...(chance.oneIn(6) && { "If-None-Match": printable(word()) }),
    ...(chance.oneIn(6) && { "Accept-Language": printable(word()) }),
  };
  const body = !hasBody
    ? ""
    : isForm
      ? parameters()
      : chance.pick([
          "",
          "{",
          "[]",
          "null",
          '"x"',
          `{"email":${JSON.stringify(word())}}`,
          `{"name":{"contains":""},"scopes":[1,{}]}`,
          `{"redirect_uris":[${JSON.stringify(word())}]}`,
          `${"[".repeat(500)}`,
          `{"__proto__":{"admin":true}}`,
        ]);
  return { method, path, headers, body };
}
