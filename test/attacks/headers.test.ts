// What every answer carries, whatever it answers: the header table of H1, cookies (S1, S7) and
// addresses (H3), over an issuer that is https behind a proxy, as in production.
import { connect } from "node:net";
import { beforeAll, describe, expect, it } from "vitest";
import { aClient, parametersFor, typed } from "../idp/endpoints/authorize/arranging.ts";
import { type Answer, aVisitor } from "../support/a-visitor.ts";
import { ADMIN_TOKEN, anIdp, aPerson, type Person, type TestIdp } from "../support/an-idp.ts";
import { localFetch } from "../support/local-fetch.ts";
import { addressOf, everyRoute } from "./every-route.ts";

const ISSUER = "https://id.example.test";
let idp: TestIdp;
let base: string;
let alice: Person;
let bank: Awaited<ReturnType<typeof aClient>>;

beforeAll(async () => {
  idp = await anIdp({ environment: { ISSUER } });
  base = `http://127.0.0.1:${idp.config.port}`;
  alice = await aPerson(idp, { isAdmin: true });
  bank = await aClient(idp, "bank");
  return () => idp.close();
});

const policy = (formAction = "'self'") =>
  `default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action ${formAction}`;

const onEveryAnswer = {
  "content-security-policy": policy(),
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};
const forAll = {
  "cache-control": expect.stringMatching(/^public, max-age=\d+, stale-if-error=86400$/),
};
const forOne = { "cache-control": "no-store" };
const openToAll = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "WWW-Authenticate, Retry-After, X-Request-Id",
};
/** A site may have opened these as its popup (design 8). */
const popup = { "cross-origin-opener-policy": "unsafe-none" };

const DOCUMENTS = new Set([
  "/.well-known/openid-configuration",
  "/.well-known/oauth-authorization-server",
  "/jwks",
]);
const OPEN = new Set([
  ...DOCUMENTS,
  "/token",
  "/userinfo",
  "/revocation",
  "/status-lists",
  "/status-lists/:list",
]);

/** The table of H1 for one answer. */
function expectedFor(path: string, method: string, status: number) {
  const isDocument = DOCUMENTS.has(path) && ["GET", "HEAD"].includes(method) && status === 200;
  return {
    ...onEveryAnswer,
    ...(isDocument ? forAll : forOne),
    ...(OPEN.has(path) ? openToAll : {}),
    // Sent before the interaction in the address is even looked up.
    ...(/^\/authorize\b/.test(path) && status !== 405 ? popup : {}),
  };
}

const operator = { Authorization: `Bearer ${ADMIN_TOKEN}`, "Content-Type": "application/json" };

const headersOf = ({ headers }: { headers: Headers }) => Object.fromEntries(headers);

function requireTable(what: string, headers: Record<string, string>, expected: object): void {
  expect({ what, ...headers }).toMatchObject({ what, ...expected });
  for (const name of ["server", "x-powered-by", "access-control-allow-credentials"]) {
    expect([what, headers[name]]).toEqual([what, undefined]);
  }
  const isOpen = "access-control-allow-origin" in expected;
  expect([what, "access-control-allow-origin" in headers]).toEqual([what, isOpen]);
}

describe("the header table (H1)", () => {
  it.each(["GET", "POST", "HEAD", "DELETE"])("H1, S7: %s at every route", async (method) => {
    const methodsAt = new Map<string, string[]>();
    for (const { path, methods } of everyRoute(idp)) {
      methodsAt.set(path, [...(methodsAt.get(path) ?? []), ...methods]);
    }
    for (const route of everyRoute(idp)) {
      const body = method === "POST" ? { body: new URLSearchParams() } : {};
      const response = await localFetch(`${base}${addressOf(route, "x")}`, { method, ...body });
      await response.text();
      const { status } = response;
      const what = `${method} ${route.path} ${status}`;
      requireTable(what, headersOf(response), expectedFor(route.path, method, status));
      const methods = methodsAt.get(route.path) ?? [];
      if (!methods.includes(method)) expect([what, status]).toEqual([what, 405]);
    }
  });

  it("H1, H7: OPTIONS without a preflight, TRACE and inventions are 405 or say what is allowed", async () => {
    for (const route of everyRoute(idp)) {
      for (const method of ["OPTIONS", "PROPFIND"]) {
        const response = await localFetch(`${base}${addressOf(route, "x")}`, { method });
        const what = `${method} ${route.path} ${response.status}`;
        const { "cache-control": _, ...expected } = expectedFor(route.path, method, 405);
        requireTable(what, headersOf(response), expected);
        expect([what, response.headers.has("Allow")]).toEqual([what, true]);
      }
    }
    expect(
      await raw("TRACE / HTTP/1.1\r\nHost: id.example.test\r\nCookie: secret\r\n\r\n"),
    ).toMatch(/^HTTP\/1\.1 405 (?![\s\S]*secret)/);
  });

  it("H1: a preflight is answered on the open doors alone", async () => {
    const preflight = {
      method: "OPTIONS",
      headers: { Origin: "https://any.example", "Access-Control-Request-Method": "POST" },
    };
    for (const { path } of everyRoute(idp)) {
      const response = await localFetch(`${base}${path.replaceAll(/:\w+/g, "x")}`, preflight);
      const allowed = response.headers.get("Access-Control-Allow-Methods");
      expect([path, allowed]).toEqual([path, OPEN.has(path) ? "GET, HEAD, POST" : null]);
      expect(response.headers.get("Access-Control-Allow-Credentials")).toBeNull();
    }
  });

  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  const failures: [status: number, path: string, init: RequestInit][] = [
    [404, "/nowhere", {}],
    [404, "/admin/api/nowhere", { headers: operator }],
    [400, "/token", { method: "POST", headers: form, body: "a".repeat(20_000) }],
    [400, "/authorize", { method: "POST", headers: form, body: "a".repeat(20_000) }],
    [413, "/admin/api/clients", { method: "POST", headers: operator, body: "1".repeat(70_000) }],
    [415, "/admin/api/clients", { method: "POST", headers: { ...operator, ...form }, body: "a=b" }],
    [400, "/token", { method: "POST", headers: { "Content-Type": "text/plain" }, body: "a" }],
    [401, "/userinfo", {}],
    [401, "/admin/api/keys", {}],
    [400, "/authorize?client_id=nobody&redirect_uri=https://x.example", {}],
  ];
  it.each(failures)("H1: %i at %s", async (status, path, init) => {
    const response = await localFetch(`${base}${path}`, init);
    await response.text();
    expect(response.status).toBe(status);
    const [bare = ""] = path.split("?");
    requireTable(path, headersOf(response), expectedFor(bare, init.method ?? "GET", status));
  });

  it("H1: style sheets, fonts and scripts", async () => {
    for (const path of ["/assets/css/base.css", "/assets/js/form-post.js"]) {
      const response = await localFetch(`${base}${path}`);
      const cached = { "cache-control": expect.stringMatching(/^public, ?max-age=3600/) };
      requireTable(path, headersOf(response), { ...onEveryAnswer, ...cached });
      expect(response.headers.getSetCookie()).toEqual([]);
    }
  });
});

describe("when the database is gone (H1, H7)", () => {
  it("H1, H7: failures of ours carry the same headers, an id, and nothing of the cause", async () => {
    const broken = await anIdp({ environment: { ISSUER } });
    const client = await aClient(broken, "bank");
    await broken.database.close();
    const address = `http://127.0.0.1:${broken.config.port}`;
    const session = `__Host-signet-session=sgs_${"a".repeat(43)}`;
    const redeem = new URLSearchParams({
      grant_type: "authorization_code",
      code: `sgc_${"a".repeat(43)}`,
      redirect_uri: "https://bank.example/callback",
      code_verifier: "v".repeat(43),
    });
    const basic = { Authorization: `Basic ${btoa(`bank:${client.secret}`)}` };
    const doors: [path: string, init: RequestInit][] = [
      ["/", { headers: { Cookie: session } }],
      [`/authorize?${parametersFor(client)}`, {}],
      ["/admin/keys", {}],
      ["/admin/api/accounts", { headers: operator }],
      ["/token", { method: "POST", headers: basic, body: redeem }],
    ];
    for (const [path, init] of doors) {
      const response = await localFetch(`${address}${path}`, init);
      const text = await response.text();
      const [bare = ""] = path.split("?");
      expect([bare, response.status]).toEqual([
        bare,
        response.status >= 500 ? response.status : 500,
      ]);
      requireTable(bare, headersOf(response), expectedFor(bare, "GET", response.status));
      expect([bare, text]).toEqual([bare, expect.not.stringMatching(/closed|prisma|pglite|pool/i)]);
    }
    await broken.close();
  });
});

describe("a whole journey (H3, S1, S7)", () => {
  const here = (address = "") => address.replace(ISSUER, base);
  const forwarded = { "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http" };
  const hostile = {
    ...forwarded,
    Referer: "https://evil.example/",
    Forwarded: "host=evil.example",
  };

  /** Every answer from the first request to the code, and then to the receipt. */
  async function journey() {
    const visitor = aVisitor();
    const answers: Answer[] = [];
    const keep = async (answer: Promise<Answer>) => {
      answers.push(await answer);
      return answer;
    };
    const asked = await keep(
      visitor.get(
        `${base}/authorize?${parametersFor(bank, { prompt: "select_account" })}`,
        hostile,
      ),
    );
    const page = await keep(visitor.get(here(asked.location), hostile));
    await keep(visitor.submit(page, { email: alice.email, password: "not this one" }));
    const back = await keep(visitor.submit(page, typed(alice)));
    await keep(visitor.get(here(back.location), hostile));
    const again = await keep(
      visitor.get(`${base}/authorize?${parametersFor(bank, { prompt: "select_account" })}`),
    );
    await keep(visitor.get(here(again.location)));
    const posted = parametersFor(bank, { prompt: "consent", response_mode: "form_post" });
    const consent = await keep(visitor.get(`${base}/authorize?${posted}`));
    const allowed = await keep(
      visitor.submit(await keep(visitor.get(here(consent.location))), { decision: "allow" }),
    );
    await keep(visitor.get(here(allowed.location)));
    await keep(visitor.get(`${base}/`, hostile));
    await keep(visitor.get(`${base}/admin/keys`, hostile));
    const leave = await keep(visitor.get(`${base}/logout`, hostile));
    const sure = await keep(visitor.get(here(leave.location)));
    const left = await keep(visitor.submit(sure));
    await keep(visitor.get(here(left.location), hostile));
    return answers;
  }

  it("S1, S7, H3: no cookie without its attributes, none on what a cache keeps, no address from a header", async () => {
    const answers = await journey();
    expect(answers.map(({ status }) => status)).toEqual([
      303, 200, 403, 303, 303, 303, 200, 303, 200, 303, 200, 200, 200, 303, 200, 303, 200,
    ]);
    for (const { url, headers, text, location } of answers) {
      expect([url, headers.get("Cache-Control")]).toEqual([url, "no-store"]);
      for (const line of headers.getSetCookie()) {
        expect(line).toMatch(
          /^__Host-signet-(session|browser|device)=(sg[sbd]_[\w-]{43})?; Path=\/; HttpOnly; SameSite=Lax; Secure(; Expires=[^;]+)?$/,
        );
      }
      expect([url, text + location, headers.get("Refresh")]).toEqual([
        url,
        expect.not.stringContaining("evil.example"),
        null,
      ]);
      if (location) expect(location).toMatch(/^https:\/\/(id\.example\.test|bank\.example)\//);
    }
  });

  it("H1: interaction pages may end up at the client, and nowhere else", async () => {
    const pages = (await journey()).filter(
      ({ status, text }) => status === 200 && text.includes("<form"),
    );
    const actions = pages.map(({ headers }) => headers.get("Content-Security-Policy"));
    expect(new Set(actions)).toEqual(new Set([policy(), policy("'self' https://bank.example")]));
  });

  it("H3: a Host that is not ours, or none at all, changes no address", async () => {
    for (const host of ["evil.example", "id.example.test@evil.example", "a:b@c", "[::1]:1"]) {
      const answer = await raw(
        `GET /.well-known/openid-configuration HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).not.toContain("evil");
      if (answer.startsWith("HTTP/1.1 200")) expect(answer).toContain(`"issuer":"${ISSUER}"`);
    }
    const absolute = await raw(
      `GET http://evil.example/admin HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
    );
    expect(absolute).not.toContain("evil");
    expect(await raw("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 400/);
  });
});

/** What a socket answers to these very bytes. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(idp.config.port, "127.0.0.1", () => socket.write(bytes));
    let answer = "";
    socket.setEncoding("utf8").setTimeout(2_000, () => socket.destroy());
    socket.on("data", (text: string) => {
      answer += text;
      if (/^TRACE/.test(bytes) && answer.includes("</html>")) socket.end();
    });
    socket.on("close", () => resolve(answer)).on("error", reject);
  });
}
