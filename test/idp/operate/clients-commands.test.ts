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
