import { beforeAll, describe, expect, it } from "vitest";
import { anIdp } from "../../support/an-idp.ts";
import { openTestDatabase } from "../../support/databases.ts";
import { anOperatorsMachine, type OperatorsMachine } from "./an-operators-machine.ts";

let signet: OperatorsMachine["signet"];
beforeAll(async () => {
  const idp = await anIdp({ database: await openTestDatabase() });
  ({ signet } = await anOperatorsMachine(idp));
  return () => idp.close();
});

const uri = "https://site.example/key-events";

describe("signet clients: where a site hears of signing keys", () => {
  it("is said with the others of its addresses, and shown", async () => {
    const added = await signet([
      ...["clients", "add", "--json", "--id", "my-site", "--name", "My site"],
      ...["--redirect-uri", "https://site.example/callback"],
      ...["--id-token-alg", "RS256", "--key-events-uri", uri],
    ]);
    expect(added.json()).toMatchObject({
      id_token_signed_response_alg: "RS256",
      key_events_uri: uri,
    });
    const shown = await signet(["clients", "show", "my-site"]);
    expect(shown.stdout).toMatch(/Key events +https:\/\/site\.example\/key-events/);
  });

  it("stays when something else changes, and is taken back by name", async () => {
    const renamed = await signet(["clients", "update", "my-site", "--json", "--name", "Mine"]);
    expect(renamed.json()).toMatchObject({ client_name: "Mine", key_events_uri: uri });
    const deaf = await signet(["clients", "update", "my-site", "--no-key-events-uri"]);
    expect(deaf.stdout).toMatch(/Key events +not heard/);
  });

  it.each([
    [["--key-events-uri", "http://site.example/key-events"], /key_events_uri: must be https/],
    [["--id-token-alg", "none"], /id_token_signed_response_alg: must be one of RS256/],
  ])("refuses %j in one line", async (options, words) => {
    const { code, stderr } = await signet(["clients", "update", "my-site", ...options]);
    expect(code).toBe(1);
    expect(stderr).toMatch(words);
  });
});

describe("signet clients: what a site says of itself", () => {
  const said = {
    client_uri: "https://site.example/",
    logo_uri: "https://site.example/logo.svg",
    policy_uri: "https://site.example/policy",
    tos_uri: "https://site.example/terms",
    contacts: ["ops@site.example", "dev@site.example"],
    initiate_login_uri: "https://site.example/sign-in",
    default_max_age: 3_600,
    require_auth_time: true,
  };

  it("is all that one which registers itself can say", async () => {
    const added = await signet([
      ...["clients", "add", "--json", "--id", "told-site", "--name", "Told site"],
      ...["--redirect-uri", "https://site.example/callback", "--client-uri", said.client_uri],
      ...["--logo-uri", said.logo_uri, "--policy-uri", said.policy_uri, "--tos-uri", said.tos_uri],
      ...["--contact", "ops@site.example", "--contact", "dev@site.example"],
      ...["--initiate-login-uri", said.initiate_login_uri],
      ...["--default-max-age", "3600", "--require-auth-time"],
    ]);
    expect(added.json()).toMatchObject(said);
    const shown = await signet(["clients", "show", "told-site"]);
    expect(shown.stdout).toMatch(/Sign-in begins at +https:\/\/site\.example\/sign-in/);
  });

  it("stays when something else changes, and is taken back by name", async () => {
    const renamed = await signet(["clients", "update", "told-site", "--json", "--name", "Mine"]);
    expect(renamed.json()).toMatchObject(said);
    const { initiate_login_uri, contacts, default_max_age, ...rest } = said;
    const less = await signet([
      ...["clients", "update", "told-site", "--json"],
      ...["--no-initiate-login-uri", "--no-contact", "--no-default-max-age"],
    ]);
    expect(less.json()).toMatchObject(rest);
    for (const gone of Object.keys({ initiate_login_uri, contacts, default_max_age }))
      expect(less.json()).not.toHaveProperty(gone);
  });

  it.each([
    [["--client-uri", "javascript:alert(1)"], /client_uri: /],
    [["--initiate-login-uri", "http://site.example/"], /initiate_login_uri: must be https/],
    [["--default-max-age", "soon"], /number of seconds/],
  ])("refuses %j in one line", async (options, words) => {
    const { code, stderr } = await signet(["clients", "update", "told-site", ...options]);
    expect(code).toBe(1);
    expect(stderr).toMatch(words);
  });
});
