import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aSite, type SiteWorld } from "./support/a-site.ts";

describe("a site's application", () => {
  let world: SiteWorld;
  beforeAll(async () => {
    world = await aSite();
  });
  afterAll(() => world.close());

  const get = (path: string, method = "GET") =>
    world.visitor().request(`${world.baseUrl}${path}`, { method });

  it.each([
    "/",
    "/nowhere",
    "/broken",
    "/sign-in",
    "/callback",
    "/health/live",
    "/api/accounts",
    "/api/nowhere",
    "/key-events",
  ])("H1: %s carries the security headers", async (path) => {
    const { headers } = await get(path);
    const policy = headers.get("content-security-policy") ?? "";
    for (const directive of [
      "default-src 'none'",
      "style-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "object-src 'none'",
    ]) {
      expect(policy.split("; ")).toContain(directive);
    }
    expect(policy).not.toMatch(/unsafe|nonce/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.has("x-powered-by")).toBe(false);
  });

  it("H1: a page with the sign-out form may go on to the issuer, and only there", async () => {
    const visitor = await world.signedInVisitor();
    const page = await visitor.request(`${world.baseUrl}/`);
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy.split("; ")).toContain(`form-action 'self' ${world.issuer.issuer}`);
  });

  it("H7: a fault shows a reference and nothing else; the log has the rest under it", async () => {
    const page = await get("/broken");
    expect(page.status).toBe(500);
    expect(page.text).not.toContain("secret detail");
    const reference = /[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(page.text)?.[0] ?? "none";
    const line = world
      .logged()
      .split("\n")
      .find((entry) => entry.includes(reference) && entry.includes("detail"));
    expect(line).toContain("a secret detail");
  });

  it("H7: an unused method is 405, an unknown page 404, on the API as JSON", async () => {
    expect((await get("/callback", "DELETE")).status).toBe(405);
    expect((await get("/nowhere")).status).toBe(404);
    expect((await get("/api/nowhere")).headers.get("content-type")).toContain("application/json");
  });

  it("serves static files with their type, may cache them, and nothing beside them", async () => {
    const file = await get("/assets/page.ejs");
    expect(file.status).toBe(200);
    expect(file.headers.get("cache-control")).toContain("max-age=");
    expect(file.setCookies).toEqual([]);
    for (const path of [
      "/assets/../a-site.ts",
      "/assets/%2e%2e/a-site.ts",
      "/assets/..%2fa-site.ts",
      "/assets/%ff",
      "/assets/",
    ]) {
      expect((await raw(world.site.port, path)).status).toBe(404);
    }
  });

  it("H5: refuses headers past 16 KiB", async () => {
    expect((await raw(world.site.port, "/", { "x-long": "x".repeat(17 * 1024) })).status).toBe(431);
  });

  it("Z5: draining is not ready first, lets a request in flight finish, and takes no new one", async () => {
    const own = await aSite();
    const socket = connect(own.site.port, "127.0.0.1");
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk;
    });
    const body = "csrf=";
    const head = `POST /sign-out HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
    socket.write(`${head}Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`);
    await expect.poll(() => received).toContain("100 Continue");
    const stopped = own.site.stop();
    expect(own.site.relyingParty.isReady()).toBe(false);
    await expect
      .poll(() => raw(own.site.port, "/health/live").catch(() => "refused"))
      .toBe("refused");
    socket.write(body);
    await stopped;
    expect(received).toContain("You are signed out here");
    await own.issuer.stop();
  });
});

/** A request whose path no URL parser has tidied. */
function raw(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, headers }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0 });
    });
    sent.on("error", reject).end();
  });
}
