import { Writable } from "node:stream";
import Router from "@koa/router";
import { describe, expect, it } from "vitest";
import { createLogger } from "../../../idp/http/logger.ts";
import { requestContext } from "../../../idp/http/request-context.ts";
import { edge } from "./edge.ts";

function capture() {
  let text = "";
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return { logger: createLogger({ level: "info", destination }), text: () => text };
}

describe("logs (G1, G2)", () => {
  it("G1: name the route, never the path, the query, the headers or the body", async () => {
    const router = new Router();
    router.post("/set-password/:link", (ctx) => {
      ctx.body = "ok";
    });
    const { url, log } = await edge(router);
    await fetch(`${url}/set-password/canary-link?code=canary-code`, {
      method: "POST",
      headers: { Authorization: "Bearer canary-token", Cookie: "a=canary-cookie" },
      body: "password=canary-password",
    });
    expect(log()).toContain("/set-password/:link");
    expect(log()).not.toContain("canary");
  });

  it("G1: redact what should never have come here", () => {
    const { logger, text } = capture();
    logger.info({ password: "canary", form: { code: "canary", client_secret: "canary" } }, "oops");
    expect(text()).not.toContain("canary");
  });

  it("G2: one JSON object per line, whatever a person typed (ASVS 16.4.1)", () => {
    const { logger, text } = capture();
    logger.info({ name: 'a\r\n{"level":"fatal"}' }, "typed\nby somebody");
    expect(text().trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(text())).toMatchObject({ level: "info", name: 'a\r\n{"level":"fatal"}' });
    expect(JSON.parse(text()).time).toMatch(/Z$/);
  });

  it("carry the id that the answer carries", async () => {
    const { url, log } = await edge((ctx) => {
      requestContext(ctx).logger.info("here");
      ctx.body = "ok";
    });
    const id = (await fetch(url, { headers: { "X-Request-Id": "forged" } })).headers.get(
      "x-request-id",
    );
    expect(id).not.toBe("forged");
    expect(log()).toContain(`"requestId":"${id}"`);
  });
});
