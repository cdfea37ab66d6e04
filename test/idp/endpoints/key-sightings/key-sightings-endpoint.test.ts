import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTestDatabase } from "../../../support/databases.ts";
import {
  answerOf,
  basicHeader,
  type TestClient,
  type TokenWorld,
  tokenWorld,
} from "../support/token-world.ts";

let world: TokenWorld;
beforeAll(async () => {
  world = await tokenWorld([await openTestDatabase()]);
});
beforeEach(async () => {
  await world.database.orm.keySighting.deleteMany();
  // The audit is read in the order of its times.
  world.clock.advance(1);
});

const send = async (body: string, headers: Record<string, string> = {}) =>
  answerOf(
    await fetch(`${world.origin}/key-sightings`, {
      method: "POST",
      body,
      headers: { "Content-Type": "application/json", ...headers },
    }),
  );

const sighting = { instance: "bank-1", kids: ["k1", "k2"] };

const report = (client: TestClient, body: object = sighting) =>
  send(JSON.stringify({ ...client.parameters, ...body }), client.headers);

const instancesOf = async (clientId: string) => {
  const now = world.clock.now();
  const sites = await world.idp.sightings.sites(now, now);
  return sites.find((site) => site.clientId === clientId)?.instances;
};

const lastEvents = async (most: number) =>
  (await world.idp.audit.list({ limit: most })).map(({ kind, clientId, outcome, reason }) => ({
    kind,
    clientId,
    outcome,
    reason,
  }));

describe("POST /key-sightings", () => {
  it("keeps what an instance holds, and says how long that counts", async () => {
    const answer = await report(world.clients.bank);
    expect([answer.status, answer.body]).toEqual([200, { expires_in: 180, revoked: [] }]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await instancesOf("bank")).toEqual([
      { instance: "bank-1", kids: ["k1", "k2"], seenAt: world.clock.now() },
    ]);
    await report(world.clients.bank, { ...sighting, kids: [] });
    expect(await instancesOf("bank")).toMatchObject([{ instance: "bank-1", kids: [] }]);
    world.clock.advance(180);
    expect(await instancesOf("bank")).toEqual([]);
  });

  it("forgets an instance that says that it stops, and no other one", async () => {
    await report(world.clients.bank);
    await report(world.clients.bank, { ...sighting, instance: "bank-2" });
    await report(world.clients.portal);
    const leaving = { instance: "bank-1", kids: [], leaving: true };
    const answer = await report(world.clients.bank, leaving);
    expect([answer.status, answer.body]).toEqual([200, { expires_in: 0, revoked: [] }]);
    expect(await instancesOf("bank")).toMatchObject([{ instance: "bank-2" }]);
    expect(await instancesOf("portal")).toMatchObject([{ instance: "bank-1" }]);
    expect((await report(world.clients.bank, leaving)).status).toBe(200);
  });

  it("takes each client by the method it is registered for", async () => {
    expect((await report(world.clients.portal)).status).toBe(200);
    expect(await instancesOf("portal")).toHaveLength(1);
  });

  it("is a client's word about itself: it says nothing of another's instance of that name", async () => {
    await report(world.clients.bank);
    await report(world.clients.portal, { ...sighting, kids: ["k9"] });
    expect(await instancesOf("bank")).toMatchObject([{ kids: ["k1", "k2"] }]);
  });

  it("is in discovery, and no page of another site may call it", async () => {
    const metadata = await fetch(`${world.origin}/.well-known/openid-configuration`);
    expect(await metadata.json()).toMatchObject({
      signet_key_sightings_endpoint: "https://id.example/key-sightings",
    });
    const { headers } = await report(world.clients.bank);
    expect(headers.get("access-control-allow-origin")).toBeNull();
    const preflight = await fetch(`${world.origin}/key-sightings`, {
      method: "OPTIONS",
      headers: { Origin: "https://evil.example", "Access-Control-Request-Method": "POST" },
    });
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("keys that were thrown out", () => {
  const revokeActive = async () => {
    const kid = world.idp.ring.activeKid;
    const cause = { actor: "test", reason: "stolen" };
    await world.idp.keys.revoke({ kid, cause, alongside: async () => {} });
    return kid;
  };

  it("K4: are told to every instance for 25 hours, should no notice have reached it", async () => {
    const kid = await revokeActive();
    expect((await report(world.clients.bank)).body.revoked).toEqual([kid]);
    world.clock.advance(25 * 3_600 - 1);
    expect((await report(world.clients.bank)).body.revoked).toEqual([kid]);
    world.clock.advance(1);
    expect((await report(world.clients.bank)).body.revoked).toEqual([]);
  });

  it("are remembered as refused from when the instance says, the first time it says so", async () => {
    const kid = await revokeActive();
    const now = world.clock.now();
    const earlier = new Date(now.getTime() - 2_000);
    const refused = (at: Date) => ({ ...sighting, refused: [{ kid, at: at.toISOString() }] });
    await report(world.clients.bank, refused(earlier));
    await report(world.clients.bank, refused(now));
    expect(await world.idp.sightings.refusals(kid)).toEqual([
      { kid, clientId: "bank", instance: "bank-1", refusedAt: earlier },
    ]);
  });

  it("are not refused in the future, whatever a site's clock says", async () => {
    const kid = await revokeActive();
    const at = "2999-12-31T23:59:59+02:00";
    await report(world.clients.bank, { ...sighting, refused: [{ kid, at }] });
    const [refusal] = await world.idp.sightings.refusals(kid);
    expect(refusal?.refusedAt).toEqual(world.clock.now());
  });

  it("are no others: what is said of keys that nobody revoked is not kept", async () => {
    const { activeKid } = world.idp.ring;
    const at = world.clock.now().toISOString();
    const refused = [
      { kid: activeKid, at },
      { kid: "unheard-of", at },
    ];
    expect((await report(world.clients.bank, { ...sighting, refused })).status).toBe(200);
    expect(await world.idp.sightings.refusals(activeKid)).toEqual([]);
    expect(await world.idp.sightings.refusals("unheard-of")).toEqual([]);
  });
});

describe("who is not believed", () => {
  const bankWith = (secret: string) => ({ Authorization: basicHeader("bank", secret) });

  it.each([
    ["a wrong secret", () => bankWith("sgx_wrong")],
    ["another client's secret", () => bankWith(world.clients.portal.secret ?? "")],
    ["no secret", () => bankWith("")],
    ["an unknown client", () => ({ Authorization: basicHeader("nobody", "sgx_wrong") })],
  ])("G2: %s is 401, and in the audit", async (_what, headers) => {
    const before = (await world.auditKinds()).length;
    const answer = await send(JSON.stringify(sighting), headers());
    expect([answer.status, answer.body.error]).toEqual([401, "invalid_client"]);
    expect(answer.headers.get("www-authenticate")).toBe('Basic realm="signet"');
    const kinds = await world.auditKinds();
    expect([kinds.length, kinds[0]]).toEqual([before + 1, "client.authentication-failed"]);
    expect(await instancesOf("bank")).toEqual([]);
  });

  it("nobody at all is 401", async () => {
    const answer = await send(JSON.stringify(sighting));
    expect([answer.status, answer.body.error]).toEqual([401, "invalid_client"]);
  });

  it("a public client is 401: anybody could speak for it, and hold up a rotation", async () => {
    const answer = await report(world.clients.spa);
    expect([answer.status, answer.body.error]).toEqual([401, "invalid_client"]);
    expect(await lastEvents(1)).toEqual([
      {
        kind: "key-sighting.refused",
        clientId: "spa",
        outcome: "refused",
        reason: "public client",
      },
    ]);
    expect(await instancesOf("spa")).toEqual([]);
  });

  it("a disabled client is 401", async () => {
    const client = await world.addClient("closed");
    expect((await report(client)).status).toBe(200);
    const scope = { kind: "client", clientId: "closed" } as const;
    await world.idp.endAccess(scope, "client-disabled", world.clock.now(), { actor: "test" });
    world.idp.clients.forget();
    expect((await report(client)).status).toBe(401);
  });

  it("a client that uses two methods at once is told so", async () => {
    const { bank } = world.clients;
    const twice = { ...sighting, client_id: "bank", client_secret: bank.secret };
    expect(await report(bank, twice)).toMatchObject({
      status: 400,
      body: { error: "invalid_request" },
    });
  });
});

describe("how much is too much", () => {
  const kids = (count: number) => Array.from({ length: count }, (_, index) => `k${index}`);
  const refusals = (count: number) =>
    kids(count).map((kid) => ({ kid, at: "2026-03-01T12:00:00Z" }));

  it("20 keys are not", async () => {
    const most = { instance: "a".repeat(64), kids: kids(20), refused: refusals(20) };
    expect((await report(world.clients.bank, most)).status).toBe(200);
  });

  it.each([
    ["21 keys", { kids: kids(21) }],
    ["21 refusals", { refused: refusals(21) }],
    ["a key without a name", { kids: [""] }],
    ["a key with a long name", { kids: ["k".repeat(129)] }],
    ["a key that is no text", { kids: [1] }],
    ["a key with a space in its name", { kids: ["k 1"] }],
    ["keys that are no list", { kids: "k1" }],
    ["no keys at all", { kids: undefined }],
    ["no instance", { instance: undefined }],
    ["an instance without a name", { instance: "" }],
    ["an instance with a long name", { instance: "a".repeat(65) }],
    ["an instance with another character", { instance: "bank/1" }],
    ["an instance with a line break", { instance: "bank-1\n" }],
    ["an instance with NUL", { instance: "bank\u0000" }],
    ["a refusal without a time", { refused: [{ kid: "k1" }] }],
    ["a refusal at no time", { refused: [{ kid: "k1", at: "yesterday" }] }],
    ["a refusal in no year", { refused: [{ kid: "k1", at: "2026-13-41T12:00:00Z" }] }],
  ])("H5: %s is invalid_request, and nothing is kept", async (_what, change) => {
    const answer = await report(world.clients.bank, { ...sighting, ...change });
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_request"]);
    expect(await instancesOf("bank")).toEqual([]);
  });

  it.each(["", "null", "[]", "{", '"text"'])("H6: no JSON object: %s", async (body) => {
    const answer = await send(body, world.clients.bank.headers);
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_request"]);
  });

  it("H5: 64 KiB and more, compressed, or no JSON", async () => {
    const { headers } = world.clients.bank;
    const large = JSON.stringify({ ...sighting, more: "x".repeat(70_000) });
    expect((await send(large, headers)).status).toBe(413);
    const gzip = { ...headers, "Content-Encoding": "gzip" };
    expect((await send(JSON.stringify(sighting), gzip)).status).toBe(415);
    const form = { ...headers, "Content-Type": "application/x-www-form-urlencoded" };
    expect((await send("instance=bank-1&kids=k1", form)).status).toBe(415);
  });

  it("200 instances are a site's most; who claims more is told to come back, and is noticed", async () => {
    const { bank } = world.clients;
    const now = world.clock.now();
    await world.database.orm.keySighting.createMany({
      data: Array.from({ length: 199 }, (_, index) => ({
        clientId: "bank",
        instance: `stolen-${index}`,
        kids: [],
        seenAt: now,
        expiresAt: new Date(now.getTime() + 180_000),
      })),
    });
    expect((await report(bank, { ...sighting, instance: "the-200th" })).status).toBe(200);
    const answer = await report(bank, { ...sighting, instance: "the-201st" });
    expect([answer.status, answer.body.error]).toEqual([429, "invalid_request"]);
    expect(answer.headers.get("retry-after")).toBe("180");
    expect(await lastEvents(1)).toMatchObject([
      { kind: "key-sighting.refused", clientId: "bank", reason: "too many instances" },
    ]);
    // Those that there are go on, and so do other sites.
    expect((await report(bank, { ...sighting, instance: "the-200th" })).status).toBe(200);
    expect((await report(world.clients.portal)).status).toBe(200);
    world.clock.advance(180);
    expect((await report(bank, { ...sighting, instance: "the-201st" })).status).toBe(200);
  });
});
