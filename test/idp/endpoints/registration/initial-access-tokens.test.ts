// Who is let in to register: bearers of initial access tokens, and strangers where that is allowed.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anIdp, REGISTRATION_TOKEN, type TestIdp } from "../../../support/an-idp.ts";
import { anOperator } from "../../../support/an-operator.ts";
import { openTestDatabase } from "../../../support/databases.ts";
import { localFetch } from "../../../support/local-fetch.ts";
import { movableClock } from "../../../support/movable-clock.ts";

const described = { redirect_uris: ["https://new.example/callback"] };
const exercise = { reason: "an exercise" };

async function aDoor(environment: Record<string, string | undefined>) {
  const clock = movableClock();
  const idp: TestIdp = await anIdp({ database: await openTestDatabase(), clock, environment });
  afterAll(() => idp.close());

  const register = async (token?: string, metadata: object = described) => {
    const response = await localFetch(`${idp.issuer}/registration`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(metadata),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text || "{}") };
  };
  const discovery = await localFetch(`${idp.issuer}/.well-known/openid-configuration`);
  const advertised = (JSON.parse(await discovery.text()) as Record<string, unknown>)
    .registration_endpoint;
  return { idp, clock, register, advertised, operator: anOperator(idp) };
}

type Door = Awaited<ReturnType<typeof aDoor>>;

describe("initial access tokens (RFC 7591 §1.2)", () => {
  let door: Door;
  beforeAll(async () => {
    door = await aDoor({ REGISTRATION_TOKEN: undefined, REGISTRATION: "token" });
  });

  const made = async (request: object = {}) => {
    const answer = await door.operator("POST", "/registration-tokens", {
      name: "A team",
      ...request,
    });
    expect(answer.status).toBe(201);
    return { id: String(answer.body.id), token: String(answer.body.token) };
  };
  const listed = async (id: string) => {
    const { body } = await door.operator("GET", "/registration-tokens");
    return body.registration_tokens.find((one: { id: string }) => one.id === id);
  };

  it("let clients in without a token in the settings, and the door is advertised", async () => {
    expect(door.advertised).toBe(`${door.idp.issuer}/registration`);
    const { id, token } = await made();
    expect((await door.register(token)).status).toBe(201);
    expect((await door.register(token)).status).toBe(201);
    expect(await listed(id)).toMatchObject({ name: "A team", uses: 2 });
  });

  it("R1: are shown once and kept as their hash", async () => {
    const { id, token } = await made();
    expect(JSON.stringify(await listed(id))).not.toContain(token);
    const rows = await door.idp.database.orm.initialAccessToken.findMany();
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it("R3: of fifty registrations at once with a token for one, one succeeds", async () => {
    const { id, token } = await made({ maximum_uses: 1 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => door.register(token)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(49);
    expect(await listed(id)).toMatchObject({ uses: 1, maximum_uses: 1 });
    expect(await door.idp.database.orm.client.count({ where: { initialAccessTokenId: id } })).toBe(
      1,
    );
  });

  it("a refused registration spends nothing", async () => {
    const { token } = await made({ maximum_uses: 1 });
    expect((await door.register(token, {})).status).toBe(400);
    expect((await door.register(token)).status).toBe(201);
    expect((await door.register(token)).status).toBe(401);
  });

  it("end when they are ended or have expired; their clients stay", async () => {
    const { id, token } = await made();
    const { body } = await door.register(token);
    const ended = await door.operator("POST", `/registration-tokens/${id}/end`, exercise);
    expect(ended.body.ended_at).toBeDefined();
    expect((await door.register(token)).status).toBe(401);
    expect(await door.idp.known.clientStore.find(body.client_id)).toMatchObject({
      initialAccessTokenId: id,
    });

    const short = await made({ expires_in: 60 });
    door.clock.advance(60);
    expect((await door.register(short.token)).status).toBe(401);
  });

  it("G2: the audit says which token a client came with, and who was refused", async () => {
    const { id, token } = await made();
    const { body } = await door.register(token);
    const added = await door.idp.known.audit.list({ limit: 500, kind: "client.added" });
    expect(added.find(({ clientId }) => clientId === body.client_id)).toMatchObject({
      actor: `initial-access-token:${id}`,
    });
    await door.register("wrong");
    const [refused] = await door.idp.known.audit.list({
      limit: 1,
      kind: "client.registration-refused",
    });
    expect(refused).toMatchObject({ actor: "anonymous", outcome: "refused" });
  });

  it.each([
    [{}, /^name/],
    [{ name: "A\nteam" }, /^name/],
    [{ name: "A", maximum_uses: 0 }, /^maximum_uses/],
    [{ name: "A", expires_in: 1 }, /^expires_in/],
    [{ name: "A", forever: true }, /^forever is not a member/],
  ])("are not made of %j", async (request, words) => {
    const answer = await door.operator("POST", "/registration-tokens", request);
    expect(answer.status).toBe(400);
    expect(answer.body.error_description).toMatch(words);
  });

  it("ending one that is not there is 404; ending one twice ends it once", async () => {
    const path = (id: string) => `/registration-tokens/${id}/end`;
    expect((await door.operator("POST", path("none"), exercise)).status).toBe(404);
    const { id } = await made();
    const first = await door.operator("POST", path(id), exercise);
    door.clock.advance(5);
    expect((await door.operator("POST", path(id), exercise)).body).toEqual(first.body);
  });
});

describe("REGISTRATION=closed", () => {
  it("neither mounts nor advertises the door, whatever token is set", async () => {
    const { advertised, register, idp } = await aDoor({ REGISTRATION: "closed" });
    expect(advertised).toBeUndefined();
    expect((await register(REGISTRATION_TOKEN)).status).toBe(404);
    expect((await localFetch(`${idp.issuer}/registration/${"0".repeat(32)}`)).status).toBe(404);
  });

  it("is what there is when nothing is set", async () => {
    const { advertised } = await aDoor({ REGISTRATION_TOKEN: undefined });
    expect(advertised).toBeUndefined();
  });
});

describe("REGISTRATION=open", () => {
  it("lets strangers in, 300 an hour and not one more, whether their clients stay or not", async () => {
    const { register, clock, idp } = await aDoor({ REGISTRATION: "open" });
    const first = await register();
    expect(first.status).toBe(201);
    const before = {
      at: clock.now(),
      kind: "client.added",
      actor: "anonymous",
      outcome: "success",
    };
    await idp.database.orm.auditEvent.createMany({
      data: Array.from({ length: 297 }, (_, index) => ({ id: `earlier-${index}`, ...before })),
    });
    const answers = await Promise.all(Array.from({ length: 8 }, () => register()));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, 201, 429, 429, 429, 429, 429, 429]);
    const refused = answers.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await register(REGISTRATION_TOKEN)).status).toBe(201);
    clock.advance(3_601);
    expect((await register()).status).toBe(201);
  });

  it("a wrong token is refused, not overlooked", async () => {
    const { register } = await aDoor({ REGISTRATION: "open" });
    expect((await register("wrong")).status).toBe(401);
  });
});
