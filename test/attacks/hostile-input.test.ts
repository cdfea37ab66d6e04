// Input that no form of ours would send, at every door. Whatever comes, the answer is one that says
// what is wrong with it, never a fault of ours (H6, H7).
import { beforeAll, describe, expect, it } from "vitest";
import { aClient, authorizeUrl } from "../idp/endpoints/authorize/arranging.ts";
import { ADMIN_TOKEN, anIdp, REGISTRATION_TOKEN, type TestIdp } from "../support/an-idp.ts";
import { localFetch } from "../support/local-fetch.ts";
import { addressOf, everyRoute } from "./every-route.ts";

let idp: TestIdp;
beforeAll(async () => {
  idp = await anIdp();
  await aClient(idp, "bank");
  return () => idp.close();
});

const operator = { Authorization: `Bearer ${ADMIN_TOKEN}` };

/** What must hold of any answer to nonsense. */
async function requireCalm(what: string, response: Response): Promise<void> {
  const text = await response.text();
  expect([what, response.status]).toEqual([
    what,
    response.status < 500 ? response.status : "< 500",
  ]);
  expect([what, text]).toEqual([
    what,
    expect.not.stringMatching(/ at .*\.ts|node_modules|prisma/i),
  ]);
}

const inPaths = [
  "%00",
  "%ff",
  "%",
  "%ed%a0%80",
  "..%2f..%2fetc",
  "'%20OR%201=1--",
  "x".repeat(4_000),
];
const inQueries = [
  "a=%00",
  "after=%00",
  "limit=1e9&after=%ff",
  "limit[gt]=1",
  "before[]=x&before[]=y",
  "account[contains]=",
  "account=%F0%9F%92%A9",
  "__proto__[isAdmin]=true",
  "constructor.prototype.isAdmin=true",
  "receipt=..%2f",
  `x=${"y".repeat(9_000)}`,
];
const bodies: [type: string, body: string][] = [
  ["application/x-www-form-urlencoded", ""],
  ["application/x-www-form-urlencoded", "a=%00&csrf=%ff"],
  ["application/x-www-form-urlencoded", "csrf=x&csrf=y"],
  ["application/x-www-form-urlencoded", "__proto__=x&constructor=y&grant_type=toString"],
  ["application/x-www-form-urlencoded", "&".repeat(15_000)],
  ["application/json", ""],
  ["application/json", "null"],
  ["application/json", "[1]"],
  ["application/json", '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}}}'],
  ["application/json", '{"email":{"contains":""},"client_name":{"$ne":null},"reason":{}}'],
  ["application/json", '{"client_name":"\\ud800","reason":"\\udfff","email":"\\ud800@x.test"}'],
  ["application/json", `{"a":${"[".repeat(30_000)}${"]".repeat(30_000)}}`],
  ["application/json", '{"a":1e999,"b":-0,"limit":9007199254740993}'],
  ["text/plain", "{}"],
  ["multipart/form-data; boundary=x", "--x--"],
];

describe("at every route (H6, H7)", () => {
  it("H7: no path parameter is a fault of ours", async () => {
    for (const route of everyRoute(idp)) {
      for (const parameter of inPaths) {
        const address = `${idp.issuer}${addressOf(route, parameter)}`;
        for (const method of route.methods) {
          const what = `${method} ${route.path} ${parameter.slice(0, 20)}`;
          const hasBody = !["GET", "HEAD"].includes(method);
          const headers = { ...operator, ...(hasBody && { "Content-Type": "application/json" }) };
          const body = hasBody ? { body: '{"reason":"x"}' } : {};
          await requireCalm(what, await localFetch(address, { method, headers, ...body }));
        }
      }
    }
  }, 120_000);

  it("H6: no query is", async () => {
    for (const route of everyRoute(idp)) {
      if (!route.methods.includes("GET")) continue;
      for (const query of inQueries) {
        const address = `${idp.issuer}${addressOf(route, "x")}?${query}`;
        await requireCalm(
          `${route.path}?${query.slice(0, 30)}`,
          await localFetch(address, { headers: operator }),
        );
      }
    }
  }, 120_000);

  it("H6: no body is", async () => {
    for (const route of everyRoute(idp)) {
      for (const method of route.methods) {
        if (["GET", "HEAD"].includes(method)) continue;
        const token = route.path === "/registration" ? REGISTRATION_TOKEN : ADMIN_TOKEN;
        for (const [type, body] of bodies) {
          const headers = { "Content-Type": type, Authorization: `Bearer ${token}` };
          const address = `${idp.issuer}${addressOf(route, "x")}`;
          const response = await localFetch(address, { method, headers, body });
          await requireCalm(`${method} ${route.path} ${body.slice(0, 40)}`, response);
        }
      }
    }
  }, 120_000);

  const unkeepable: [method: string, path: string, body: object][] = [
    ["POST", "/sessions/end", { account: "\0", reason: "x" }],
    ["POST", "/sessions/end", { account: "a@b.test", session: "\ud800", reason: "x" }],
    [
      "POST",
      "/accounts",
      { email: "a@b.test", name: "A", claims: { address: { formatted: "\ud800" } } },
    ],
    ["POST", "/accounts", { email: "a@b.test", name: "A", claims: { nickname: "\udfff" } }],
    ["POST", "/accounts", { email: "a@b.test", name: "A", password: "fifteen letters \ud800" }],
    ["PUT", "/resources", { identifier: "https://x.test", name: "X", scopes: { a: "\0" } }],
    ["POST", "/clients", { client_name: "X\0", redirect_uris: ["https://x.test/"] }],
  ];
  it.each(unkeepable)("H7: %s %s with text that no database keeps is refused", async (...given) => {
    const [method, path, body] = given;
    const headers = { ...operator, "Content-Type": "application/json" };
    const address = `${idp.issuer}/admin/api${path}`;
    const answer = await localFetch(address, { method, headers, body: JSON.stringify(body) });
    expect(answer.status).toBe(400);
  });

  it("H7: no method is", async () => {
    for (const { path } of everyRoute(idp)) {
      for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "SEARCH"]) {
        const address = `${idp.issuer}${path.replaceAll(/:\w+/g, "x")}`;
        await requireCalm(`${method} ${path}`, await localFetch(address, { method }));
      }
    }
  }, 120_000);
});

describe("metadata that would not fit where it is kept or shown", () => {
  const register = (metadata: object) =>
    localFetch(`${idp.issuer}/registration`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${REGISTRATION_TOKEN}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ redirect_uris: ["https://site.example/cb"], ...metadata }),
    });
  const texts = {
    "half a character": "\ud800",
    "a NUL": "a\u0000b",
    "a terminal's escape in C1": "\u009b31mHarbour Bank",
    "an override of direction": "\u202eknaB ruobraH",
    "an isolate of direction": "\u2066Harbour\u2069",
    "a line separator": "Harbour\u2028Bank",
  };
  const members = ["client_name", "software_id", "software_version"];

  it.each(Object.entries(texts))("D4, H7: a registration with %s is refused", async (_, text) => {
    for (const metadata of [...members.map((name) => ({ [name]: text })), { contacts: [text] }]) {
      const answer = await register(metadata);
      expect([metadata, answer.status]).toEqual([metadata, 400]);
      // What is no text at all is refused before anybody asks what it was to be.
      expect(JSON.parse(await answer.text()).error).toMatch(/^invalid_(client_metadata|request)$/);
    }
  });

  it("D4: a name in any script is kept", async () => {
    const answer = await register({ client_name: "בנק הנמל · 港湾銀行 · 🏦" });
    expect(await answer.json()).toMatchObject({ client_name: "בנק הנמל · 港湾銀行 · 🏦" });
  });

  // A host is written into form-action, where these end a source or a directive.
  it.each(["https://a;sandbox/cb", "https://a,b/cb", "https://a'b.example/cb", "https://a!b/cb"])(
    "A12, H1: the redirect URI %s is no web address",
    async (uri) => {
      const answer = await register({ redirect_uris: [uri] });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ error: "invalid_redirect_uri" });
      const bye = await register({ post_logout_redirect_uris: [uri] });
      expect(bye.status).toBe(400);
    },
  );
});

describe("what a client gets back is what it sent, and cannot break out of its place", () => {
  it.each([
    "\r\nSet-Cookie: a=b",
    "%0d%0aX-Injected: 1",
    "\u2028\u2029",
    '"><svg onload=alert(1)>',
    "&error=x#y?code=z",
  ])("A12, H7: state %j stays one parameter of one header", async (state) => {
    const asked = { state, prompt: "none" };
    const answer = await localFetch(authorizeUrl(idp, { id: "bank" }, asked));
    expect(answer.status).toBe(303);
    const location = new URL(answer.headers.get("Location") ?? "");
    expect(location.searchParams.getAll("state")).toEqual([state]);
    expect(location.searchParams.getAll("error")).toEqual(["login_required"]);
    expect(location.hash).toBe("");
    expect(answer.headers.get("X-Injected")).toBeNull();
  });
});
