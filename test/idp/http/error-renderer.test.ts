import { describe, expect, it } from "vitest";
import { AuthorizationRefused } from "../../../idp/http/authorization-response.ts";
import { PageProblem } from "../../../idp/http/page-problem.ts";
import {
  bearerTokenMissing,
  insufficientScope,
  invalidClient,
  invalidGrant,
  invalidToken,
  temporarilyUnavailable,
} from "../../../idp/protocol/oauth-error.ts";
import { matchRedirectUri } from "../../../idp/protocol/redirect-uri.ts";
import { edge, ISSUER } from "./edge.ts";

const throwing = (error: unknown, forPrograms = true) =>
  edge(
    () => {
      throw error;
    },
    { forPrograms },
  );
const browserLike = { headers: { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" } };

describe("errors for programs (RFC 6749 §5.2, RFC 6750 §3)", () => {
  const cases: [string, unknown, number, string | null][] = [
    ["invalid_grant", invalidGrant("No"), 400, null],
    ["invalid_client without a header", invalidClient("No"), 401, null],
    [
      "invalid_client after Basic",
      invalidClient("No", { scheme: "Basic" }),
      401,
      'Basic realm="signet"',
    ],
    [
      "invalid_token",
      invalidToken("Expired"),
      401,
      'Bearer realm="signet", error="invalid_token", error_description="Expired"',
    ],
    ["no token at all", bearerTokenMissing("None"), 401, 'Bearer realm="signet"'],
    [
      "insufficient_scope",
      insufficientScope("More", "openid"),
      403,
      'Bearer realm="signet", error="insufficient_scope", error_description="More", scope="openid"',
    ],
  ];
  it.each(cases)("%s", async (_, error, status, challenge) => {
    const { url } = await throwing(error);
    const answer = await fetch(url);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("www-authenticate")).toBe(challenge);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("content-type")).toBe("application/json");
  });

  it("says when to come back", async () => {
    const { url } = await throwing(temporarilyUnavailable("Later", 7));
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "7"]);
  });

  it("H7: an unknown failure shows an id and nothing else; its cause is in the log", async () => {
    const { url, log } = await throwing(new Error('relation "Account" does not exist'));
    const answer = await fetch(url);
    const body = await answer.json();
    expect(answer.status).toBe(500);
    expect(body).toMatchObject({
      error: "server_error",
      request_id: answer.headers.get("x-request-id"),
    });
    expect(JSON.stringify(body)).not.toContain("Account");
    expect(log()).toContain("does not exist");
  });

  it.each([undefined, null, "text", 7, {}, Object.create(null)])(
    "H7: survives whatever is thrown: %s",
    async (thrown) => {
      const { url } = await throwing(thrown);
      expect((await fetch(url)).status).toBe(500);
    },
  );

  it("turns what other parts throw into a 503, when told how", async () => {
    const { url } = await edge(
      () => {
        throw new RangeError("busy");
      },
      {
        recognize: (error) =>
          error instanceof RangeError ? temporarilyUnavailable("Busy", 2, error) : undefined,
      },
    );
    expect((await fetch(url, browserLike)).status).toBe(503);
  });
});

describe("errors for people", () => {
  const problem = new PageProblem({
    status: 400,
    title: "We stopped here",
    explanation: "Because <b>of that</b>.",
    whatNext: ["Go back."],
    developerNote: '<script>alert("x")</script>',
  });

  it("are pages that say what is wrong, escaped (H2)", async () => {
    const { url } = await throwing(problem, false);
    const answer = await fetch(url);
    const html = await answer.text();
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toContain("text/html");
    expect(html).toContain("We stopped here");
    expect(html).not.toContain("<script>alert");
    expect(html).not.toContain("<b>of that");
  });

  it("H7: show the request's id when we do not know", async () => {
    const { url } = await throwing(new Error("secret detail"), false);
    const answer = await fetch(url);
    const html = await answer.text();
    expect(answer.status).toBe(500);
    expect(html).toContain(answer.headers.get("x-request-id"));
    expect(html).not.toContain("secret detail");
  });

  it("H7: still answer when the page itself fails", async () => {
    const { url } = await edge(
      () => {
        throw new Error("first");
      },
      {
        renderPage: () => {
          throw new Error("second");
        },
      },
    );
    const answer = await fetch(url, browserLike);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toMatch(/first|second/);
  });

  it("H7: unknown addresses are 404, as a page or as JSON, as asked", async () => {
    const { url } = await edge(() => {});
    const page = await fetch(`${url}/nowhere`, browserLike);
    expect([page.status, page.headers.get("content-type")]).toEqual([
      404,
      "text/html; charset=utf-8",
    ]);
    const json = await fetch(`${url}/nowhere`, { headers: { Accept: "application/json" } });
    expect([json.status, json.headers.get("content-type")]).toEqual([404, "application/json"]);
  });
});

describe("errors for a client's redirect URI (RFC 6749 §4.1.2.1)", () => {
  const refusal = (responseMode: "query" | "form_post", registered: string) => {
    const redirectUri = matchRedirectUri([registered], registered);
    if (!redirectUri) throw new Error("not registered");
    const site = { name: "A site", host: "site.example" };
    return new AuthorizationRefused(
      { redirectUri, responseMode, state: 'a b&"><svg onload=alert(1)>', site },
      invalidGrant("No"),
    );
  };

  it("A6, A11: are a 303 with error, state and iss, and leave the registered URI as it is", async () => {
    const { url } = await throwing(refusal("query", "https://site.example/cb?x=%2f"));
    const answer = await fetch(url, { redirect: "manual" });
    expect(answer.status).toBe(303);
    const location = answer.headers.get("location") ?? "";
    expect(location.startsWith("https://site.example/cb?x=%2f&error=invalid_grant&")).toBe(true);
    const query = new URL(location).searchParams;
    expect(query.get("iss")).toBe(ISSUER);
    expect(query.get("state")).toBe('a b&"><svg onload=alert(1)>');
  });

  it("A12: or a form with every value escaped, that may be sent to the client alone", async () => {
    const { url } = await throwing(refusal("form_post", "https://site.example/cb"));
    const answer = await fetch(url, { redirect: "manual" });
    const html = await answer.text();
    expect(answer.status).toBe(200);
    expect(html).not.toContain("<svg onload");
    expect(html).toContain("&lt;svg onload");
    expect(html).toContain('action="https://site.example/cb"');
    const policy = answer.headers.get("content-security-policy");
    expect(policy).toContain("form-action 'self' https://site.example");
    expect(policy).toContain("script-src 'self'");
  });
});
