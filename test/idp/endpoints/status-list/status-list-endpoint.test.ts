import { inflateSync } from "node:zlib";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { openTwoHandles } from "../../../support/databases.ts";
import { answerOf, bankApi, issuer, type TokenWorld, tokenWorld } from "../support/token-world.ts";

const TYPE = "application/statuslist+jwt";

let world: TokenWorld;
beforeAll(async () => {
  world = await tokenWorld(await openTwoHandles());
});

const url = (path = "/status-lists/0", replica = 0) =>
  `${world.replicas[replica]?.origin ?? ""}${path}`;
const get = (path?: string, headers: Record<string, string> = {}) => fetch(url(path), { headers });

interface Place {
  readonly idx: number;
  readonly uri: string;
}

async function aToken() {
  const { bank } = world.clients;
  const { redemption } = await world.authorize(bank, {
    scope: "openid accounts:read",
    resources: [bankApi],
  });
  const { body } = await world.token(bank, redemption);
  const { status } = decodeJwt<{ status: { status_list: Place } }>(String(body.access_token));
  return { body, place: status.status_list, end: () => end(String(body.refresh_token)) };
}

async function end(token: string): Promise<void> {
  const { bank } = world.clients;
  await world.post("/revocation", { ...bank.parameters, token }, bank.headers);
}

async function published(replica = 0) {
  const answer = await fetch(url(undefined, replica), { headers: { Accept: TYPE } });
  const text = await answer.text();
  const keys = createRemoteJWKSet(new URL(url("/jwks")));
  const { payload, protectedHeader } = await jwtVerify<{
    ttl: number;
    status_list: { bits: number; lst: string };
  }>(text, keys, { issuer, currentDate: world.clock.now(), typ: "statuslist+jwt" });
  const bits = inflateSync(Buffer.from(payload.status_list.lst, "base64url"));
  const bit = ({ idx }: Place) => ((bits[idx >> 3] ?? 0) >> (idx & 7)) & 1;
  return { answer, text, payload, protectedHeader, bits, bit };
}

describe("a status list (Token Status List, draft-20 §5.1, §8)", () => {
  it("is a signed token of its own type that names itself", async () => {
    const { answer, payload, protectedHeader, bits } = await published();
    expect(answer.headers.get("content-type")).toBe(TYPE);
    expect(Object.keys(protectedHeader).sort()).toEqual(["alg", "kid", "typ"]);
    const now = Math.floor(world.clock.now().getTime() / 1000);
    expect(payload).toEqual({
      iss: issuer,
      sub: `${issuer}/status-lists/0`,
      iat: now,
      exp: now + 86_400,
      ttl: 15,
      status_list: { bits: 1, lst: expect.stringMatching(/^[\w-]+$/) },
    });
    expect(bits.length).toBe(2 ** 20 / 8);
  });

  it("T4: has a place for each grant, which its access tokens name, and no other token does", async () => {
    const [one, other] = [await aToken(), await aToken()];
    expect(one.place.uri).toBe(`${issuer}/status-lists/0`);
    expect(one.place.idx).not.toBe(other.place.idx);
    const renewed = await world.refresh(world.clients.bank, one.body.refresh_token);
    const again = decodeJwt<{ status: unknown }>(String(renewed.body.access_token));
    expect(again.status).toEqual({ status_list: one.place });
    expect(decodeJwt(String(one.body.id_token))).not.toHaveProperty("status");
  });

  it("L3: says of a grant that it has ended as soon as that was answered, on every replica", async () => {
    const [ended, other] = [await aToken(), await aToken()];
    expect((await published()).bit(ended.place)).toBe(0);
    await ended.end();
    for (const replica of [0, 1]) {
      const list = await published(replica);
      expect([list.bit(ended.place), list.bit(other.place)]).toEqual([1, 0]);
    }
  });

  it("of a client that acts for itself too, and of one that is deleted", async () => {
    const machine = await world.addClient("short-lived", {
      grantTypes: ["client_credentials"],
      scopes: ["accounts:read"],
    });
    const { body } = await world.post(
      "/token",
      { grant_type: "client_credentials", resource: bankApi },
      machine.headers,
    );
    const { status } = decodeJwt<{ status: { status_list: Place } }>(String(body.access_token));
    expect((await published()).bit(status.status_list)).toBe(0);
    await world.idp.clientStore.remove(machine.id, world.clock.now(), { actor: "test" });
    for (const replica of [0, 1])
      expect((await published(replica)).bit(status.status_list)).toBe(1);
  });

  it("is made once, and again when something has ended or a new key signs", async () => {
    const first = await published();
    expect((await published()).text).toBe(first.text);
    await (await aToken()).end();
    const second = await published();
    expect(second.text).not.toBe(first.text);
    expect((await published()).text).toBe(second.text);
  });

  it("has an ETag that all replicas share: 304 while nothing has ended", async () => {
    const etags = await Promise.all(
      [0, 1].map(async (replica) => (await published(replica)).answer.headers.get("etag") ?? ""),
    );
    const [etag = ""] = etags;
    expect(new Set(etags).size).toBe(1);
    for (const replica of [0, 1]) {
      const again = await fetch(url(undefined, replica), { headers: { "If-None-Match": etag } });
      expect([again.status, await again.text()]).toEqual([304, ""]);
    }
    await (await aToken()).end();
    const changed = await get(undefined, { "If-None-Match": etag });
    expect(changed.status).toBe(200);
    await changed.text();
  });

  it("may be kept for as long as it says itself, not for longer by a cache in between", async () => {
    const answer = await get();
    expect(answer.headers.get("cache-control")).toBe("no-cache");
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.get("set-cookie")).toBeNull();
  });

  it.each([
    ["/status-lists/0?time=1700000000", 501],
    ["/status-lists/1", 404],
    ["/status-lists/00", 404],
    ["/status-lists/-1", 404],
    ["/status-lists/0x0", 404],
    ["/status-lists/999999999999999999999", 404],
    ["/status-lists/0/", 404],
  ])("%s is answered %i", async (path, status) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toHaveProperty("error");
  });

  it("comes as a JWT only", async () => {
    expect((await get(undefined, { Accept: "application/statuslist+cwt" })).status).toBe(406);
    expect((await get(undefined, { Accept: "*/*" })).status).toBe(200);
  });

  it("is found through the metadata (§9)", async () => {
    const told = async (path: string) => (await answerOf(await get(path))).body;
    const metadata = await told("/.well-known/oauth-authorization-server");
    expect(metadata.status_list_aggregation_endpoint).toBe(`${issuer}/status-lists`);
    expect(await told("/status-lists")).toEqual({ status_lists: [`${issuer}/status-lists/0`] });
  });
});
