// Where the console can be reached, and where it cannot, however its address is spelled (security D2).
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listen, type RunningServer } from "../../../../idp/http/server.ts";
import { kidIn } from "../../../support/a-counted-site.ts";
import { aVisitor } from "../../../support/a-visitor.ts";
import { ADMIN_TOKEN } from "../../../support/an-idp.ts";
import { freePort } from "../../../support/free-port.ts";
import { aConsole, type Console, enter, press, someoneAt } from "./a-console.ts";

let apart: Console;
let adminServer: RunningServer;
let adminOrigin: string;
let publicPort: number;

beforeAll(async () => {
  const adminPort = await freePort();
  apart = await aConsole({ environment: { ADMIN_PORT: String(adminPort) } });
  const { adminCallback } = apart.idp.idp;
  if (!adminCallback) throw new Error("ADMIN_PORT gave no listener");
  adminServer = await listen({ app: adminCallback, port: adminPort, host: "127.0.0.1" });
  ({ adminOrigin, port: publicPort } = apart.idp.config);
});
afterAll(async () => {
  await adminServer.drain();
  await apart.idp.close();
});

const KID = "k".repeat(43);
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
  "/admin/keys/rotate",
  "/admin/keys/drill",
  "/admin/keys/revoke",
  "/admin/keys/REVOKE",
  "/admin/keys/revoke;x",
  `/admin/keys/${KID}/revoked`,
  `/admin/keys/${KID}/..;/revoke`,
  "/admin/keys/revocations/x/confirm",
  "/admin/keys/revocations/x/refuse",
  "/admin/api/keys",
  "/admin/api/accounts",
];

describe("D2: a listener of its own", () => {
  it.each(tricks)("D2: the public listener has nothing at %s", async (path) => {
    const credentials = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    for (const answer of [
      await rawRequest(publicPort, "GET", path, credentials),
      await rawRequest(publicPort, "POST", path, {
        ...credentials,
        "X-HTTP-Method-Override": "GET",
      }),
      await rawRequest(publicPort, "GET", "/", {
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

  it.each(tricks.filter((path) => !path.includes("?")))(
    "D2: %s on the admin listener opens nothing without its credentials",
    async (path) => {
      const { port } = new URL(adminOrigin);
      for (const method of ["GET", "POST"]) {
        const { status, body } = await rawRequest(Number(port), method, path, {});
        expect(body).not.toContain('"kid"');
        expect(body).not.toContain("signs now");
        expect([303, 400, 401, 404, 405]).toContain(status);
      }
    },
  );

  it("serves the console and its API on the admin port", async () => {
    const { issuer } = apart.idp;
    const visitor = aVisitor();
    const sentAway = await visitor.get(`${adminOrigin}/admin/keys`);
    expect(sentAway.location?.startsWith(`${issuer}/authorize/`)).toBe(true);
    const login = await visitor.follow(sentAway.location ?? "");
    // Chromium applies form-action to where the form leads in the end.
    expect(login.headers.get("Content-Security-Policy")).toContain(
      `form-action 'self' ${adminOrigin}`,
    );

    const page = await enter(visitor, apart.ines, sentAway.location ?? "");
    expect(page.url).toBe(`${adminOrigin}/admin/keys`);
    expect(page.text).toContain("signs now");
    expect(page.headers.get("Content-Security-Policy")).toContain(`form-action 'self' ${issuer}`);
    // What is not of the console is the issuer's.
    expect(page.text).toContain(`href="${issuer}/logout"`);
  });

  it("keeps the emergency on the admin port from the form to the receipt", async () => {
    const { visitor, page } = await someoneAt(
      apart,
      apart.ines,
      `${adminOrigin}/admin/keys/revoke`,
    );
    expect(page.url).toBe(`${adminOrigin}/admin/keys/revoke`);
    const kid = await kidIn(apart.idp, "active");
    const fields = { kid, refresh_tokens: "keep", reason: "an exercise" };
    const receipt = await press(visitor, page, "/revoke", fields);
    expect(receipt.url).toBe(`${adminOrigin}/admin/keys/${kid}/revoked`);
    expect(receipt.status).toBe(200);
  });
});

/** As it is written, with no URL parser between. */
function rawRequest(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: string; isHome: boolean }> {
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
