// 3rd-party-initiated login: the provider registers where a client begins a sign-in, and sends people there.
import { expect } from "vitest";
import { aVisitor } from "../../support/a-visitor.ts";
import type { Modules } from "./modules.ts";

const PASSED = "passed" as const;

export const thirdPartyLogin: Modules = {
  async "oidcc-3rd_party-init-login"(suite) {
    const initiate_login_uri = "https://suite.example/test/initiate";
    // Its name puts it on the first page of the person's apps, however many other modules have made.
    const client = await suite.register({ initiate_login_uri, client_name: "Aardvark" });
    expect(client.metadata.initiate_login_uri).toBe(initiate_login_uri);
    const { visitor } = await suite.signIn(client);
    const account = await visitor.get(`${suite.idp.issuer}/account`);
    const link = `${initiate_login_uri}?iss=${encodeURIComponent(suite.idp.issuer)}`;
    expect(account.text.replaceAll("&amp;", "&")).toContain(link);
    return PASSED;
  },
  async "oidcc-3rd_party-init-login-nohttps"(suite) {
    const { status, body } = await suite.attempt({
      initiate_login_uri: "http://suite.example/test/initiate",
    });
    expect({ status, error: body.error }).toEqual({
      status: 400,
      error: "invalid_client_metadata",
    });
    expect((await aVisitor().get(suite.idp.issuer)).status).toBe(200);
    return PASSED;
  },
};
