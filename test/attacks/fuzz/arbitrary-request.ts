// Requests that are nearly right, or not at all: for a mounted route, as fast-check makes and shrinks them.
import type { OutgoingHttpHeaders } from "node:http";
import fc from "fast-check";
import { addressOf, type MountedRoute } from "../every-route.ts";

export interface ArbitraryRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND"];

/** Parameters and members that some door knows, and some that none should. */
const NAMES =
  `client_id client_name client_secret client_assertion client_assertion_type redirect_uri redirect_uris
  response_type response_mode scope state nonce code_challenge code_challenge_method prompt max_age login_hint
  id_token_hint acr_values claims resource ui_locales display request request_uri grant_type grant_types code
  code_verifier refresh_token device_code user_code token token_type_hint email password repeat current csrf
  decision choice post_logout_redirect_uri logout_token event_token limit after before kind reason iss
  target_link_uri return instance kids refused leaving kid refresh_tokens jwks jwks_uri subject_type
  sector_identifier_uri userinfo_signed_response_alg to amount reference key
  __proto__ constructor a[] a[b]`
    .split(/\s+/)
    .filter((name) => name !== "");

const VALUES = [
  "",
  "0",
  "-1",
  "1e400",
  "null",
  "true",
  "openid profile email offline_access",
  "code",
  "S256",
  "a".repeat(43),
  "none",
  "login consent",
  "harbour-bank",
  "bank",
  "authorization_code",
  "refresh_token",
  "client_credentials",
  "urn:ietf:params:oauth:grant-type:device_code",
  "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  "urn:ietf:params:oauth:request_uri:x",
  "http://bank.localhost:4001/callback",
  "https://bank.example/callback",
  "form_post",
  "allow",
  "\u0000",
  "' OR 1=1 --",
  "<svg onload=alert(1)>",
  "../../etc/passwd",
  "\ud83d\ude00",
  "ßİı",
  `sgc_${"A".repeat(43)}`,
  `sgr_${"A".repeat(43)}`,
  `sgo_${"A".repeat(43)}`,
  `urn:ietf:params:oauth:request_uri:sgp_${"A".repeat(43)}`,
  "BCDF-GHJK",
  "alice@example.test",
  "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
  '{"$gt":""}',
  '{"userinfo":{"name":null},"id_token":{"sub":{"value":"x"}}}',
  "9".repeat(400),
  "long ".repeat(900),
];

const TYPES = [
  "application/x-www-form-urlencoded",
  "application/x-www-form-urlencoded",
  "application/x-www-form-urlencoded; charset=utf-16",
  "application/json",
  "multipart/form-data; boundary=x",
  "text/plain",
  "",
];

const word = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...VALUES) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
);
const name = fc.oneof(
  { weight: 7, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
);

/** Encoded as it should be, and now and then not at all. */
const pair = fc
  .tuple(name, word, fc.nat(5))
  .map(([key, value, luck]) =>
    luck === 0 ? `${key}=${value}` : `${encoded(key)}=${encoded(value)}`,
  );
const parameters = fc.array(pair, { maxLength: 8 }).map((pairs) => pairs.join("&"));

const json = fc.oneof(
  fc
    .dictionary(name, fc.oneof(word, fc.jsonValue({ maxDepth: 3 })))
    .map((value) => JSON.stringify(value)),
  fc.constantFrom("", "{", "[]", "null", '"x"', "[".repeat(500), '{"__proto__":{"admin":true}}'),
);

const sometimes = <T>(arbitrary: fc.Arbitrary<T>, once: number) =>
  fc.option(arbitrary, { nil: undefined, freq: once });

/** @param adminToken  sometimes sent, so that what lies behind it is reached as well */
export function arbitraryRequest(
  route: MountedRoute,
  adminToken: string,
): fc.Arbitrary<ArbitraryRequest> {
  const method = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...route.methods) },
    { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
  );
  const tail = fc.oneof(
    { weight: 9, arbitrary: fc.constant("") },
    { weight: 1, arbitrary: fc.constantFrom(";x", "//", "/../", "%2e", "/", "%00", "%ff") },
  );
  // What Node's client refuses to send never reaches anybody.
  const path = fc
    .tuple(word, tail, parameters)
    .map(([segment, end, query]) =>
      `${addressOf(route, encoded(segment) || "x")}${end}?${query}`.replaceAll(
        /[^\u0021-\u007e]/g,
        "",
      ),
    );
  const header = word.map((text) => text.replaceAll(/[^\u0020-\u007e\u0080-\u00ff]/g, ""));
  const authorization = fc.oneof(
    header.map((text) => `Bearer ${text}`),
    header.map((text) => `Basic ${text}`),
    fc.constantFrom(`Basic ${btoa("bank:x")}`, `Bearer ${adminToken}`, "Bearer", "Digest x"),
  );
  const headers = fc.record({
    type: fc.constantFrom(...TYPES),
    Cookie: sometimes(
      fc.tuple(header, header).map(([a, b]) => `signet_session=${a}; signet_browser=${b}`),
      3,
    ),
    Authorization: sometimes(authorization, 2),
    Origin: sometimes(header, 4),
    "Sec-Fetch-Site": sometimes(fc.constantFrom("same-origin", "cross-site", "none"), 3),
    "X-Forwarded-For": sometimes(header, 6),
    "If-None-Match": sometimes(header, 6),
    Accept: sometimes(fc.constantFrom("text/html", "application/json", "*/*", "x"), 4),
    "Access-Control-Request-Method": sometimes(header, 8),
  });
  return fc.tuple(method, path, headers, parameters, json).map(([verb, url, given, form, text]) => {
    const { type, ...others } = given;
    const hasBody = !["GET", "HEAD", "OPTIONS"].includes(verb);
    const present = Object.fromEntries(
      Object.entries(others).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    return {
      method: verb,
      path: url,
      headers: { ...present, ...(hasBody && type !== "" && { "Content-Type": type }) },
      body: hasBody ? (type.startsWith("application/json") ? text : form) : "",
    };
  });
}

/** Half a surrogate pair has no encoding: it goes as what the encoder makes of it elsewhere. */
const encoded = (text: string) => encodeURIComponent(text.replaceAll(/\p{Cs}/gu, "\ufffd"));
