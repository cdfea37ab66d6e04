// Whom an answer is for goes by the address alone: whatever is wrong at a program's door is told in
// JSON, known path or not, right method or not, whatever Accept says.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anIdp, type TestIdp } from "../support/an-idp.ts";
import { openTestDatabase } from "../support/databases.ts";
import { localFetch } from "../support/local-fetch.ts";

let idp: TestIdp;
beforeAll(async () => {
  idp = await anIdp({ database: await openTestDatabase() });
});
afterAll(() => idp.close());

const ask = async (method: string, path: string, accept = "*/*") => {
  const answer = await localFetch(idp.issuer + path, { method, headers: { Accept: accept } });
  await answer.arrayBuffer();
  return [answer.status, answer.headers.get("content-type")?.split(";")[0]];
};

describe("doors for programs", () => {
  it.each([
    ["GET", "/token", 405],
    ["PUT", "/token", 405],
    ["GET", "/token/", 404],
    ["POST", "/token/more", 404],
    ["GET", "/revocation", 405],
    ["GET", "/registration", 405],
    ["GET", "/registration/unknown-client", 401],
    ["PATCH", "/registration/unknown-client", 405],
    ["GET", "/key-sightings", 405],
    ["POST", "/key-sightings/bank", 404],
    ["DELETE", "/userinfo", 405],
    ["POST", "/jwks", 405],
    ["GET", "/.well-known/webfinger", 404],
    ["POST", "/.well-known/openid-configuration", 405],
    ["GET", "/health", 404],
    ["GET", "/admin/api", 404],
    ["GET", "/admin/api/nothing", 404],
    ["DELETE", "/admin/api/keys", 405],
  ])("H7: %s %s is %i, in JSON", async (method, path, status) => {
    const asABrowser = "text/html,application/xhtml+xml,*/*;q=0.8";
    expect(await ask(method, path)).toEqual([status, "application/json"]);
    expect(await ask(method, path, asABrowser)).toEqual([status, "application/json"]);
  });

  it("H7: a wrong method is told which ones are right", async () => {
    const answer = await localFetch(`${idp.issuer}/token`);
    expect(answer.headers.get("allow")).toBe("POST");
    expect(await answer.json()).toMatchObject({ error: "invalid_request" });
  });
});

describe("all other addresses", () => {
  it.each([
    ["GET", "/tokens", 404],
    ["GET", "/jwks.json", 404],
    ["GET", "/nowhere", 404],
    ["DELETE", "/sign-in/x", 405],
    ["GET", "/authorize", 400],
    ["GET", "/admin/nothing", 404],
  ])("%s %s is %i, as a page, or as JSON for who asks for that", async (method, path, status) => {
    expect(await ask(method, path)).toEqual([status, "text/html"]);
    expect(await ask(method, path, "application/json")).toEqual([status, "application/json"]);
  });
});
