import { describe, expect, it } from "vitest";
import { csrfToken, requireCsrf, requireSameOrigin } from "../../../idp/http/csrf.ts";
import { newCredential } from "../../../idp/protocol/credential.ts";
import { edge, ISSUER } from "./edge.ts";

const browser = newCredential("browser");
const purpose = "sign-in:one";

describe("CSRF token (S4)", () => {
  it("S4: works for this browser and this purpose", () => {
    expect(() => requireCsrf(csrfToken(browser, purpose), browser, purpose)).not.toThrow();
  });

  const refused: [string, string | undefined, string | undefined][] = [
    ["no token", undefined, browser],
    ["an empty token", "", browser],
    ["another browser's", csrfToken(newCredential("browser"), purpose), browser],
    ["another interaction's", csrfToken(browser, "sign-in:two"), browser],
    ["another page's", csrfToken(browser, "consent:one"), browser],
    ["a browser without its cookie", csrfToken(browser, purpose), undefined],
    ["a longer token", `${csrfToken(browser, purpose)}A`, browser],
  ];
  it.each(refused)("S4: refuses %s", (_, token, secret) => {
    expect(() => requireCsrf(token, secret, purpose)).toThrow(/could not be used/);
  });
});

describe("where a form comes from (S4), in the order of design 8", () => {
  const cases: [string, Record<string, string>, number][] = [
    ["our own page", { "Sec-Fetch-Site": "same-origin" }, 204],
    [
      "our own page, Origin null because of no-referrer",
      { "Sec-Fetch-Site": "same-origin", Origin: "null" },
      204,
    ],
    ["another site", { "Sec-Fetch-Site": "cross-site" }, 403],
    ["a sibling host", { "Sec-Fetch-Site": "same-site" }, 403],
    ["the address bar", { "Sec-Fetch-Site": "none" }, 403],
    [
      "another site that claims our Origin",
      { "Sec-Fetch-Site": "cross-site", Origin: ISSUER },
      403,
    ],
    ["an old browser, our Origin", { Origin: ISSUER }, 204],
    ["an old browser, Origin null", { Origin: "null" }, 204],
    ["an old browser, another Origin", { Origin: "https://evil.example" }, 403],
    ["an old browser, our Origin as a prefix", { Origin: `${ISSUER}.evil.example` }, 403],
    ["neither header", {}, 204],
  ];
  it.each(cases)("S4: %s", async (_, headers, status) => {
    const { url } = await edge((ctx) => {
      requireSameOrigin(ctx, ISSUER);
      ctx.status = 204;
    });
    // node's fetch sets fetch metadata of its own; a plain request does not.
    expect(await statusOf(url, headers)).toBe(status);
  });
});

async function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  const { request } = await import("node:http");
  return new Promise((resolve, reject) => {
    request(url, { method: "POST", headers: { Connection: "close", ...headers } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}
