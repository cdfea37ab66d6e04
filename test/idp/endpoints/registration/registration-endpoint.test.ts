import { beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase } from "../../../support/databases.ts";
import {
  answerOf,
  bankApi,
  basicHeader,
  issuer,
  registrationToken,
  type TokenWorld,
  tokenWorld,
} from "../support/token-world.ts";

let world: TokenWorld;
beforeAll(async () => {
  world = await tokenWorld([await openTestDatabase()]);
});

const redirect_uris = ["https://new.example/callback"];
const send = async (body: string, headers: Record<string, string> = {}) =>
  answerOf(
    await fetch(`${world.origin}/registration`, {
      method: "POST",
      body,
      headers: {
        "Content-Type": "application/json",
        Authorization: `Bearer ${registrationToken}`,
        ...headers,
      },
    }),
  );
const register = (metadata: unknown, headers?: Record<string, string>) =>
  send(JSON.stringify(metadata), headers);

describe("dynamic client registration (RFC 7591 §3)", () => {
  it("answers 201 with everything that was registered, defaults included", async () => {
    const answer = await register({ redirect_uris, client_name: "New", nonsense: 1 });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.body).toEqual({
      client_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      client_id_issued_at: Math.floor(world.clock.now().getTime() / 1000),
      client_secret: expect.stringMatching(/^sgx_/),
      client_secret_expires_at: 0,
      registration_access_token: expect.stringMatching(/^sgm_/),
      registration_client_uri: `${issuer}/registration/${answer.body.client_id}`,
      client_name: "New",
      redirect_uris,
      post_logout_redirect_uris: [],
      token_endpoint_auth_method: "client_secret_basic",
      grant_types: ["authorization_code"],
      response_types: ["code"],
      application_type: "web",
      subject_type: "public",
      require_auth_time: false,
      require_pushed_authorization_requests: false,
      id_token_on_refresh: false,
      backchannel_logout_session_required: false,
      frontchannel_logout_session_required: false,
      id_token_signed_response_alg: "RS256",
      scope:
        "openid profile email phone address offline_access accounts:read transfers:write plan:read",
    });
  });

  it("the client works at once, with the grants it asked for and every public resource", async () => {
    const { body } = await register({ grant_types: ["client_credentials"] });
    const headers = {
      Authorization: basicHeader(String(body.client_id), String(body.client_secret)),
    };
    const request = { grant_type: "client_credentials", resource: bankApi, scope: "accounts:read" };
    expect(await world.post("/token", request, headers)).toMatchObject({
      status: 200,
      body: { scope: "accounts:read" },
    });
    const other = { grant_type: "authorization_code" };
    expect((await world.post("/token", other, headers)).body.error).toBe("unauthorized_client");
  });

  it("A10: it is never first-party, and the audit says who brought it in", async () => {
    const { body } = await register({ redirect_uris, first_party: true, firstParty: true });
    const client = await world.idp.clients.find(String(body.client_id));
    expect(client).toMatchObject({ firstParty: false, origin: "registration", resources: [] });
    const events = await world.idp.audit.list({ limit: 500, kind: "client.added" });
    const event = events.find(({ clientId }) => clientId === body.client_id);
    expect(event).toMatchObject({ actor: "registration-token", outcome: "success" });
    expect(JSON.stringify(event)).not.toContain(registrationToken);
  });

  it("keeps what signs its ID tokens and where its kit hears of keys, and says both", async () => {
    const key_events_uri = "https://new.example/key-events";
    const { status, body } = await register({ redirect_uris, key_events_uri });
    expect([status, body.key_events_uri]).toEqual([201, key_events_uri]);
    expect(await world.idp.clientStore.find(String(body.client_id))).toMatchObject({
      keyEventsUri: key_events_uri,
      idTokenSignedResponseAlg: "RS256",
    });
  });

  it("a public client gets no secret", async () => {
    const { body } = await register({ redirect_uris, token_endpoint_auth_method: "none" });
    expect(body).not.toHaveProperty("client_secret");
    expect(body).not.toHaveProperty("client_secret_expires_at");
  });

  it("R1: the secret is not in the database", async () => {
    const { body } = await register({ redirect_uris });
    const stored = await world.idp.clientStore.find(String(body.client_id));
    expect(JSON.stringify(stored)).not.toContain(String(body.client_secret));
  });

  it.each([
    ["none", { Authorization: "" }, undefined],
    ["another scheme", { Authorization: `Basic ${registrationToken}` }, undefined],
    ["a wrong one", { Authorization: "Bearer wrong" }, "invalid_token"],
    ["a longer one", { Authorization: `Bearer ${registrationToken}x` }, "invalid_token"],
    ["a shorter one", { Authorization: `Bearer ${registrationToken.slice(1)}` }, "invalid_token"],
  ])("initial access token: %s is 401 with a challenge", async (_what, headers, error) => {
    const answer = await register({ redirect_uris }, headers);
    expect([answer.status, answer.body.error]).toEqual([401, error]);
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer realm="signet"/);
  });

  it.each([
    ["invalid_redirect_uri", { redirect_uris: ["http://new.example/callback"] }],
    ["invalid_client_metadata", { redirect_uris, request_uris: ["https://new.example/request"] }],
    ["invalid_client_metadata", { redirect_uris, token_endpoint_auth_method: "private_key_jwt" }],
    ["invalid_client_metadata", { redirect_uris, key_events_uri: "https://evil.example/" }],
    ["invalid_client_metadata", { redirect_uris, id_token_signed_response_alg: "ES256" }],
  ])("%s: %j", async (error, metadata) => {
    const answer = await register(metadata);
    expect([answer.status, answer.body.error]).toEqual([400, error]);
  });

  it.each(["", "null", "[]", '"text"', "{", `{"redirect_uris":["${"a".repeat(70_000)}"]}`])(
    "H5, H6: a body that is no JSON object is refused: %.20s",
    async (body) => {
      const answer = await send(body);
      expect([400, 413]).toContain(answer.status);
    },
  );
});
