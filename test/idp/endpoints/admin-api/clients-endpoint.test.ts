import { beforeAll, describe, expect, it } from "vitest";
import { anIdp, type TestIdp } from "../../../support/an-idp.ts";
import { anOperator } from "../../../support/an-operator.ts";
import { openTestDatabase } from "../../../support/databases.ts";
import { localFetch } from "../../../support/local-fetch.ts";

let idp: TestIdp;
let operator: ReturnType<typeof anOperator>;
beforeAll(async () => {
  // ES256 was added to a provider that had signed with RS256 alone.
  const database = await openTestDatabase();
  const before = await anIdp({ database });
  await before.close();
  idp = await anIdp({ database, environment: { SIGNING_ALGS: "RS256,ES256" } });
  operator = anOperator(idp);
  return () => idp.close();
});

const client = (client_id: string, members: object = {}) => ({
  client_id,
  client_name: client_id,
  redirect_uris: ["https://site.example/callback"],
  ...members,
});

describe("what signs a client's ID tokens", () => {
  it("is RS256 unless something else is said", async () => {
    const { body } = await operator("POST", "/clients", client("usual"));
    expect(body.id_token_signed_response_alg).toBe("RS256");
  });

  it("is no algorithm that does not sign here, or not yet", async () => {
    for (const id_token_signed_response_alg of ["none", "HS256", "PS256", "ES256", ""]) {
      const answer = await operator("PATCH", "/clients/usual", { id_token_signed_response_alg });
      expect([answer.status, answer.body.error_description]).toEqual([
        400,
        "id_token_signed_response_alg: must be one of RS256",
      ]);
    }
  });

  it("may be another one from when its key signs, which discovery then says as well", async () => {
    const advertised = async () => {
      const metadata = await localFetch(`${idp.issuer}/.well-known/openid-configuration`);
      return ((await metadata.json()) as Record<string, unknown>)
        .id_token_signing_alg_values_supported;
    };
    expect(await advertised()).toEqual(["RS256"]);
    idp.clock.advance(idp.config.keys.leadSeconds);
    await idp.known.keys.poll();
    expect(await advertised()).toEqual(["RS256", "ES256"]);
    const members = { id_token_signed_response_alg: "ES256" };
    const { body } = await operator("PATCH", "/clients/usual", members);
    expect(body).toMatchObject(members);
    expect((await operator("POST", "/clients", client("unusual", members))).status).toBe(201);
  });
});

describe("where a client's kit hears of signing keys", () => {
  const uri = "https://site.example/key-events";

  it("is said when the client is added, or later, and can be taken back", async () => {
    const added = await operator("POST", "/clients", client("listener", { key_events_uri: uri }));
    expect(added.body.key_events_uri).toBe(uri);
    const elsewhere = "https://events.internal.example/keys";
    const changed = await operator("PATCH", "/clients/listener", { key_events_uri: elsewhere });
    expect(changed.body.key_events_uri).toBe(elsewhere);
    const untouched = await operator("PATCH", "/clients/listener", { client_name: "Listener" });
    expect(untouched.body.key_events_uri).toBe(elsewhere);
    const deaf = await operator("PATCH", "/clients/listener", { key_events_uri: null });
    expect(deaf.body).not.toHaveProperty("key_events_uri");
    expect((await idp.known.clients.find("listener"))?.keyEventsUri).toBeUndefined();
  });

  it.each([
    "",
    "http://site.example/key-events",
    "https://user:password@site.example/key-events",
    "https://site.example/key-events#here",
    "/key-events",
    "javascript:alert(1)",
  ])("F1: is no other address than Signet would call: %s", async (key_events_uri) => {
    const answer = await operator("POST", "/clients", client("wrong", { key_events_uri }));
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_request"]);
    expect(answer.body.error_description).toMatch(/^key_events_uri: /);
  });
});
