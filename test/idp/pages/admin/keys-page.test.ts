import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listen, type RunningServer } from "../../../../idp/http/server.ts";
import { type Answer, aVisitor, type Visitor } from "../../../support/a-visitor.ts";
import { anIdp, aPerson, type Person, type TestIdp } from "../../../support/an-idp.ts";
import { freePort } from "../../../support/free-port.ts";

let idp: TestIdp;
let ines: Person;
let alice: Person;

beforeAll(async () => {
  idp = await anIdp();
  ines = await aPerson(idp, { email: "ines@example.test", name: "Ines Valcour", isAdmin: true });
  alice = await aPerson(idp);
});
afterAll(() => idp.close());

/** Goes to the console and signs in on the way. */
async function enter(
  visitor: Visitor,
  person: Person,
  at = `${idp.issuer}/admin`,
): Promise<Answer> {
  const login = await visitor.follow(at);
  const { email, password } = person;
  const signedIn = await visitor.submit(login, { email, password }, hasPassword);
  return visitor.follow(signedIn.location ?? "");
}
const hasPassword = (form: { fields: object }) => "password" in form.fields;
const rotateForm = (form: { action: string }) => form.action.endsWith("/admin/keys/rotate");

describe("the console's door", () => {
  it("sends a stranger to sign in, and back", async () => {
    const visitor = aVisitor();
    const login = await visitor.follow(`${idp.issuer}/admin`);
    expect(login.url).toContain("/sign-in/");
    const page = await enter(visitor, ines);
    expect(page.url).toBe(`${idp.issuer}/admin/keys`);
    expect(page.text).toContain("Ines Valcour");
  });

  it("tells anybody else kindly that this is not for them", async () => {
    const visitor = aVisitor();
    const page = await enter(visitor, alice);
    expect(page.status).toBe(403);
    expect(page.text).toContain("This room is for administrators");
    const posted = await visitor.post(`${idp.issuer}/admin/keys/rotate`, { csrf: "x" });
    expect(posted.status).toBe(403);
  });

  it("H1: is never cached, framed, or opened by others", async () => {
    const visitor = aVisitor();
    const page = await enter(visitor, ines);
    expect(page.headers.get("Cache-Control")).toBe("no-store");
    expect(page.headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
    expect(page.headers.get("Content-Security-Policy")).toContain("frame-ancestors 'none'");
  });
});

describe("rotating in the console", () => {
  it("K2: shows why not yet, and changes nothing when pressed all the same", async () => {
    const visitor = aVisitor();
    const page = await enter(visitor, ines);
    expect(page.text).toContain("A site would meet a seal it has never seen.");
    const before = await idp.known.keys.list();
    await visitor.submit(page, {}, rotateForm);
    expect(await idp.known.keys.list()).toEqual(before);
  });

  it("S4: needs the page's own token, from the page itself", async () => {
    const visitor = aVisitor();
    const page = await enter(visitor, ines);
    idp.clock.advance(86_400 - 200);
    const path = `${idp.issuer}/admin/keys/rotate`;
    const csrf = page.forms.find(rotateForm)?.fields.csrf ?? "";
    const refused = [
      await visitor.post(path, {}),
      await visitor.post(path, { csrf: "made up" }),
      await visitor.post(path, { csrf }, { "Sec-Fetch-Site": "cross-site" }),
      await visitor.post(path, { csrf }, { "Sec-Fetch-Site": "", Origin: "https://evil.example" }),
    ];
    for (const answer of refused) expect([303, 403]).toContain(answer.status);
    expect((await idp.known.keys.list()).filter(({ state }) => state === "retiring")).toEqual([]);
  });

  it("asks for the password again when it was given more than five minutes ago", async () => {
    idp.clock.advance(86_400);
    const visitor = aVisitor();
    const page = await enter(visitor, ines);
    idp.clock.advance(301);
    const before = await idp.known.keys.list();
    const answer = await visitor.submit(page, {}, rotateForm);
    const login = await visitor.follow(answer.location ?? "");
    expect(login.url).toContain("/sign-in/");
    expect(await idp.known.keys.list()).toEqual(before);

    const { email, password } = ines;
    const signedIn = await visitor.submit(login, { email, password }, hasPassword);
    const again = await visitor.follow(signedIn.location ?? "");
    expect(again.url).toBe(`${idp.issuer}/admin/keys`);
    const done = await visitor.submit(again, {}, rotateForm);
    const told = await visitor.follow(done.location ?? "");
    expect(told.text).toContain("Rotated. Nobody was signed out.");
    const [event] = await idp.known.audit.list({ limit: 1, kind: "keys.rotated" });
    expect(event).toMatchObject({ actor: `account:${ines.account.id}`, outcome: "success" });
    expect(event?.reason).toBeTruthy();
  });

  it("says what was done while it is news, and not to whoever follows the link later", async () => {
    const visitor = aVisitor();
    await enter(visitor, ines);
    const soon = await visitor.get(`${idp.issuer}/admin/keys?done=rotated`);
    expect(soon.text).toContain("Rotated.");
    idp.clock.advance(61);
    const late = await visitor.get(`${idp.issuer}/admin/keys?done=rotated`);
    expect(late.text).not.toContain("Rotated.");
    const odd = await visitor.get(`${idp.issuer}/admin/keys?done=%3Cscript%3E`);
    expect(odd.status).toBe(200);
  });
});

describe("D2: a listener of its own", () => {
  let apart: TestIdp;
  let adminServer: RunningServer;
  let adminOrigin: string;

  beforeAll(async () => {
    const adminPort = await freePort();
    apart = await anIdp({
      database: idp.database,
      clock: idp.clock,
      environment: { ADMIN_PORT: String(adminPort) },
    });
    const { adminCallback } = apart.idp;
    if (!adminCallback) throw new Error("ADMIN_PORT gave no listener");
    adminServer = await listen({ app: adminCallback, port: adminPort, host: "127.0.0.1" });
    adminOrigin = apart.config.adminOrigin;
  });
  afterAll(async () => {
    await adminServer.drain();
    await apart.close();
  });

  const tricks = [
    "/admin",
    "/admin/",
    "/admin/keys",
    "/admin/keys/",
    "/admin;x",
    "/admin;x=1/keys",
    "/;/admin/keys",
    "//admin/keys",
    "/admin//keys",
    "/./admin/keys",
    "/x/../admin/keys",
    "/x/%2e%2e/admin/keys",
    "/%61dmin/keys",
    "/admin%2fkeys",
    "/ADMIN/keys",
    "/Admin/Keys",
    "/admin/keys?x=1",
    "/admin/keys%00",
    "/admin/keys%20",
    "/admin\\keys",
    "/admin/api/keys",
    "/admin/api/accounts",
  ];

  it.each(tricks)("D2: the public listener has nothing at %s", async (path) => {
    const { ADMIN_TOKEN } = await import("../../../support/an-idp.ts");
    const credentials = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    for (const answer of [
      await rawRequest(apart.config.port, "GET", path, credentials),
      await rawRequest(apart.config.port, "POST", path, {
        ...credentials,
        "X-HTTP-Method-Override": "GET",
      }),
      await rawRequest(apart.config.port, "GET", "/", {
        ...credentials,
        "X-Original-URL": path,
        "X-Rewrite-URL": path,
      }),
    ]) {
      expect(answer.body).not.toContain("signs now");
      expect(answer.body).not.toContain('"keys"');
      expect(answer.body).not.toContain('"accounts"');
      if (!answer.isHome) expect([400, 404]).toContain(answer.status);
    }
  });

  it.each(["/admin/keys", "/ADMIN/API/keys", "/admin/api;x/keys", "//admin/api/keys"])(
    "D2: %s on the admin listener opens nothing without its credentials",
    async (path) => {
      const { status, body } = await rawRequest(Number(new URL(adminOrigin).port), "GET", path, {});
      expect(body).not.toContain('"kid"');
      expect([303, 401, 404]).toContain(status);
    },
  );

  it("serves the console and its API on the admin port", async () => {
    const visitor = aVisitor();
    const sentAway = await visitor.get(`${adminOrigin}/admin/keys`);
    expect(sentAway.location?.startsWith(`${apart.issuer}/authorize/`)).toBe(true);
    const login = await visitor.follow(sentAway.location ?? "");
    // Chromium applies form-action to where the form leads in the end.
    expect(login.headers.get("Content-Security-Policy")).toContain(
      `form-action 'self' ${adminOrigin}`,
    );

    const page = await enter(visitor, ines, sentAway.location);
    expect(page.url).toBe(`${adminOrigin}/admin/keys`);
    expect(page.text).toContain("signs now");
    expect(page.headers.get("Content-Security-Policy")).toContain(
      `form-action 'self' ${apart.issuer}`,
    );
  });
});

/** As it is written, with no URL parser between. */
async function rawRequest(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: string; isHome: boolean }> {
  const { request } = await import("node:http");
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk) => {
        body += chunk;
      });
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, body, isHome: path === "/" }),
      );
    });
    asked.on("error", reject);
    asked.end();
  });
}
