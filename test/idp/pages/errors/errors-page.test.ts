// The guide to error codes: every answer that refuses something leads to the code it has.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorGuideDocument } from "../../../../idp/error-guide-document.ts";
import { ERROR_GUIDE } from "../../../../idp/protocol/error-guide.ts";
import { aVisitor } from "../../../support/a-visitor.ts";
import { anIdp, type TestIdp } from "../../../support/an-idp.ts";
import { aClient, authorizeUrl, told } from "../../endpoints/authorize/arranging.ts";

let idp: TestIdp;
beforeAll(async () => {
  idp = await anIdp();
  await aClient(idp, "bank");
});
afterAll(() => idp.close());

describe("/errors", () => {
  it("explains every code there is, each at its own place", async () => {
    const page = await aVisitor().get(`${idp.issuer}/errors`);
    expect(page.status).toBe(200);
    for (const code of Object.keys(ERROR_GUIDE)) expect(page.text).toContain(`id="${code}"`);
  });

  it("is where a program's error_uri leads", async () => {
    const answer = await aVisitor().post(`${idp.issuer}/token`, { grant_type: "password" });
    expect(JSON.parse(answer.text)).toEqual({
      error: "invalid_client",
      error_description: expect.any(String),
      error_uri: `${idp.issuer}/errors#invalid_client`,
    });
  });

  it("is where the error_uri at the client's redirect URI leads (RFC 6749 §4.1.2.1)", async () => {
    const answer = told(await aVisitor().get(authorizeUrl(idp, { id: "bank" }, { scope: "" })));
    expect(answer.error_uri).toBe(`${idp.issuer}/errors#invalid_scope`);
  });

  it("is where the developer's note of a person's page leads", async () => {
    const elsewhere = { redirect_uri: "https://evil.example/" };
    const page = await aVisitor().get(authorizeUrl(idp, { id: "bank" }, elsewhere));
    expect(page.text).toContain(`href="${idp.issuer}/errors#invalid_request"`);
  });
});

describe("docs/errors.md", () => {
  it("says the same (npx tsx idp/error-guide-document.ts)", () => {
    expect(readFileSync("docs/errors.md", "utf8")).toBe(errorGuideDocument());
  });
});
