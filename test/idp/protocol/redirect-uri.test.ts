import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAcceptableRedirectUri, matchRedirectUri } from "../../../idp/protocol/redirect-uri.ts";

const registered = [
  "https://rp.example/callback",
  "https://rp.example/with?query=1",
  "http://127.0.0.1/native",
  "http://[::1]:7000/native",
  "http://bank.localhost:4001/callback",
  "com.example.app:/callback",
];

describe("matching a redirect URI (RFC 9700 §2.1, RFC 8252 §7.3)", () => {
  it.each(registered)("A1: %s matches itself", (uri) => {
    expect(matchRedirectUri(registered, uri)).toBe(uri);
  });

  it.each([
    "http://127.0.0.1:1/native",
    "http://127.0.0.1:51004/native",
    "http://127.0.0.1:65535/native",
    "http://[::1]/native",
    "http://[::1]:7001/native",
  ])("A1: a native client on a loopback IP may use any port: %s", (uri) => {
    expect(matchRedirectUri(registered, uri)).toBe(uri);
  });

  const variants = [
    "",
    " ",
    "/callback",
    "//rp.example/callback",
    "https://rp.example",
    "https://rp.example/",
    "https://rp.example/callback/",
    "https://rp.example/callback//",
    "https://rp.example//callback",
    "https://rp.example/callbac",
    "https://rp.example/callback2",
    "https://rp.example/callback?",
    "https://rp.example/callback?x=1",
    "https://rp.example/callback#",
    "https://rp.example/callback#x",
    "https://rp.example/callback;x",
    "https://rp.example/callback%00",
    "https://rp.example/callback%20",
    "https://rp.example/callback ",
    " https://rp.example/callback",
    "https://rp.example/callback\n",
    "https://rp.example/callback\t",
    "https://rp.example/callback\0",
    "https://rp.example/Callback",
    "https://rp.example/%63allback",
    "https://rp.example/x/../callback",
    "https://rp.example/./callback",
    "https://rp.example/callback/..%2f..",
    "https://rp.example/%2f../callback",
    "https://rp.example\\callback",
    "https:\\\\rp.example\\callback",
    "https:/rp.example/callback",
    "https:rp.example/callback",
    "https:///rp.example/callback",
    "HTTPS://rp.example/callback",
    "http://rp.example/callback",
    "https://RP.example/callback",
    "https://rp.example:443/callback",
    "https://rp.example:8443/callback",
    "https://rp.example./callback",
    "https://rp.example.evil.test/callback",
    "https://evilrp.example/callback",
    "https://sub.rp.example/callback",
    "https://rp.example@evil.test/callback",
    "https://evil.test@rp.example/callback",
    "https://@rp.example/callback",
    "https://evil.test/https://rp.example/callback",
    "https://evil.test?https://rp.example/callback",
    "https://evil.test#https://rp.example/callback",
    "https://evil.test\\@rp.example/callback",
    "https://rp.exam\u200bple/callback",
    "https://rp。example/callback",
    "https://rр.example/callback",
    "https://xn--rp-.example/callback",
    "https://*.example/callback",
    "https://rp.example/*",
    "https://rp.example/with",
    "https://rp.example/with?query=2",
    "https://rp.example/with?query=1&more=1",
    "https://rp.example/with?query=1#",
    "javascript:alert(1)//https://rp.example/callback",
    "data:text/html,https://rp.example/callback",
    "http://127.0.0.1:0/native",
    "http://127.0.0.1:65536/native",
    "http://127.0.0.1:/native",
    "http://127.0.0.1:80:80/native",
    "http://127.0.0.1:80@evil.test/native",
    "http://127.0.0.1.evil.test/native",
    "http://127.0.0.2:9/native",
    "http://127.1:9/native",
    "http://0x7f.0.0.1:9/native",
    "http://2130706433:9/native",
    "http://localhost:9/native",
    "http://[::1]:9/other",
    "http://[0:0:0:0:0:0:0:1]:9/native",
    "http://[::ffff:127.0.0.1]:9/native",
    "https://127.0.0.1:9/native",
    "http://127.0.0.1:9/native/",
    "http://127.0.0.1:9/native?x=1",
    "http://127.0.0.1:9/native#x",
    "http://127.0.0.1:9\\native",
    "http://bank.localhost:4002/callback",
    "com.example.app://callback",
    "com.example.app:/callback/",
    "com.example.apps:/callback",
  ];

  it("A1: the table of variants is a long one", () => {
    expect(new Set(variants).size).toBeGreaterThanOrEqual(60);
  });

  it.each(variants)("A1: refuses the variant %j", (uri) => {
    expect(matchRedirectUri(registered, uri)).toBeUndefined();
  });

  it("A1: whatever matches is a registered URI, or one in all but a loopback port", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom(...registered), (noise, uri) => {
        for (const presented of [uri + noise, noise + uri, uri.replace("/", noise)]) {
          if (matchRedirectUri(registered, presented) === undefined) continue;
          expect(registered.map(withoutLoopbackPort)).toContain(withoutLoopbackPort(presented));
        }
      }),
    );
  });
});

const withoutLoopbackPort = (uri: string) =>
  uri.replace(/^(http:\/\/(?:127\.0\.0\.1|\[::1\])):\d+/, "$1");

describe("which redirect URIs can be registered (RFC 7591 §2, RFC 8252 §8.4)", () => {
  it.each([
    "https://rp.example/callback",
    "https://rp.example:8443/callback?tenant=1",
    "https://192.0.2.7/callback",
    "http://localhost/callback",
    "http://localhost:3000/callback",
    "http://bank.localhost:4001/callback",
    "http://127.0.0.1/callback",
    "http://[::1]:3000/callback",
  ])("A1: %s", (uri) => {
    expect(isAcceptableRedirectUri(uri)).toBeUndefined();
  });

  it.each(["com.example.app:/callback", "com.example.app://callback"])(
    "A1: %s for native applications only",
    (uri) => {
      expect(isAcceptableRedirectUri(uri, { native: true })).toBeUndefined();
      expect(isAcceptableRedirectUri(uri)).toMatch(/native/);
    },
  );

  it.each([
    "",
    "callback",
    "//rp.example/callback",
    "http://rp.example/callback",
    "http://localhost.evil.test/callback",
    "http://127.0.0.1.evil.test/",
    "http://0x7f.1/callback",
    "http://2130706433/callback",
    "https://rp.example/callback#",
    "https://rp.example/callback#fragment",
    "https://user@rp.example/callback",
    "https://user:secret@rp.example/callback",
    "https://@rp.example/callback",
    "https://*.rp.example/callback",
    "https:rp.example/callback",
    "https:/rp.example/callback",
    "https:///rp.example/callback",
    "https://rp.example\\callback",
    "https://rp.example/call back",
    "https://rp.example/%zz",
    "https://r%70.example/callback",
    "https://bücher.example/callback",
    "https://rp.example/callback\n",
    "javascript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "urn:ietf:wg:oauth:2.0:oob",
    "app:/callback",
    `https://rp.example/${"a".repeat(2048)}`,
  ])("A1: never %j", (uri) => {
    expect(isAcceptableRedirectUri(uri, { native: true })).toEqual(expect.any(String));
  });

  it("A1: answers any text without failing, and only ever accepts what parses to the host it shows", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (text) => {
        if (isAcceptableRedirectUri(text) !== undefined) return;
        const url = new URL(text);
        expect(text.toLowerCase()).toContain(`//${url.host}`);
        expect(url.username + url.password + url.hash).toBe("");
      }),
    );
  });
});
