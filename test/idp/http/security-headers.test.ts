import Router from "@koa/router";
import { describe, expect, it } from "vitest";
import { openCors } from "../../../idp/http/cors.ts";
import { allowFormAction } from "../../../idp/http/security-headers.ts";
import { edge } from "./edge.ts";

describe("security headers (H1)", () => {
  const everywhere = {
    "content-security-policy":
      "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
  };

  it("H1: are on every answer: 200, 404 and 500", async () => {
    const { url } = await edge((ctx) => {
      if (ctx.path === "/ok") ctx.body = "ok";
      if (ctx.path === "/broken") throw new Error("broken");
    });
    for (const path of ["/ok", "/nowhere", "/broken"]) {
      const { headers } = await fetch(url + path);
      for (const [name, value] of Object.entries(everywhere)) {
        expect([path, name, headers.get(name)]).toEqual([path, name, value]);
      }
    }
  });

  it("H1: HSTS belongs to https alone", async () => {
    const { url } = await edge(
      (ctx) => {
        ctx.body = "ok";
      },
      { secure: false },
    );
    expect((await fetch(url)).headers.get("strict-transport-security")).toBeNull();
  });

  const sources: [string, string][] = [
    ["https://site.example:8443/cb?x=1", "https://site.example:8443"],
    ["http://127.0.0.1:4711/cb", "http://127.0.0.1:4711"],
    ["http://[::1]:4711/cb", "http:"],
    ["com.example.app:/cb", "com.example.app:"],
  ];
  it.each(sources)("form-action for %s is %s", async (redirect, source) => {
    const { url } = await edge((ctx) => {
      allowFormAction(ctx, redirect);
      ctx.body = "";
    });
    const policy = (await fetch(url)).headers.get("content-security-policy") ?? "";
    expect(policy.split("form-action ")[1]).toBe(`'self' ${source}`);
  });
});

describe("open CORS (design 8)", () => {
  const router = new Router();
  router.all("/open", openCors, (ctx) => {
    if (ctx.query.fail !== undefined) throw new Error("broken");
    ctx.body = "ok";
  });

  it("answers any origin without credentials, failures included", async () => {
    const { url } = await edge(router);
    for (const path of ["/open", "/open?fail"]) {
      const { headers } = await fetch(url + path, { headers: { Origin: "https://any.example" } });
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-allow-credentials")).toBeNull();
      expect(headers.get("access-control-expose-headers")).toContain("WWW-Authenticate");
    }
  });

  it("answers a preflight", async () => {
    const { url } = await edge(router);
    const headers = {
      Origin: "https://any.example",
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "authorization",
    };
    const answer = await fetch(`${url}/open`, { method: "OPTIONS", headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-headers")).toContain("Authorization");
  });
});
