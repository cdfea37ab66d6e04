// A drill of a real provider against kits over real HTTP.
import { compactVerify, importJWK } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import type { NewClient } from "../../../idp/records/clients/client.ts";
import { anIdp, type TestIdp } from "../../support/an-idp.ts";
import { openTestDatabase } from "../../support/databases.ts";
import { freePort } from "../../support/free-port.ts";
import { localFetch } from "../../support/local-fetch.ts";
import { aClient } from "../records/a-world.ts";
import { aKit, verifying } from "./a-kit.ts";
import { aServer } from "./a-server.ts";

const cause = { actor: "operator-token", reason: "before the rotation" };

let idp: TestIdp;
beforeAll(async () => {
  idp = await anIdp({
    database: await openTestDatabase(),
    environment: { OUTBOUND_ALLOW: "127.0.0.0/8", SIGNING_ALGS: "RS256,ES256" },
  });
  return () => idp.close();
});

const addSite = async (client: Partial<NewClient>) => {
  const added = await idp.known.clientStore.add(aClient(client), undefined, idp.clock.now(), cause);
  return added.id;
};

const pendingKid = async (alg = "RS256") => {
  const keys = await idp.known.keys.list();
  return keys.find((key) => key.alg === alg && key.state === "pending")?.kid ?? "";
};

describe("a drill", () => {
  it("asks nobody when nobody hears, and is in the audit all the same", async () => {
    expect(await idp.known.drill(cause, idp.clock.now())).toEqual([]);
    const [event] = await idp.known.audit.list({ limit: 1, kind: "keys.drilled" });
    expect(event).toMatchObject({ ...cause, details: { verified: 0, failed: 0 } });
  });

  it("sends a probe that the pending key has signed, and says nothing else in it", async () => {
    const kit = await aKit(verifying);
    const clientId = await addSite({ name: "A bank", keyEventsUri: kit.uri });
    const kid = await pendingKid();
    expect(await idp.known.drill(cause, idp.clock.now())).toEqual([
      { clientId, clientName: "A bank", kid, outcome: "verified" },
    ]);

    const [event] = kit.heard;
    const issuedAt = Math.floor(idp.clock.now().getTime() / 1000);
    expect(event?.header).toEqual({ alg: "RS256", kid, typ: "key-probe+jwt" });
    expect(event?.claims).toEqual({
      iss: idp.issuer,
      aud: clientId,
      iat: issuedAt,
      exp: issuedAt + 60,
      jti: expect.stringMatching(/^[\w-]{22}$/),
    });
    const jwks = (await (await localFetch(`${idp.issuer}/jwks`)).json()) as {
      keys: { kid: string }[];
    };
    const jwk = jwks.keys.find((key) => key.kid === kid);
    await expect(
      compactVerify(event?.token ?? "", await importJWK({ ...jwk }, "RS256")),
    ).resolves.toBeDefined();
    await idp.known.clientStore.remove(clientId, idp.clock.now(), cause);
  });

  it("tells how each site did, in the order of their names, and remembers it", async () => {
    const kid = await pendingKid();
    const kit = (name: string, body: unknown, status = 200) =>
      aKit(() => ({ status, body })).then(({ uri }) => addSite({ name, keyEventsUri: uri }));
    const silent = await aServer(() => {});
    const expected: Record<string, [string, string?]> = {
      [await addSite({ name: "01", keyEventsUri: (await aKit(verifying)).uri })]: ["verified"],
      [await kit("02", { verified: false, error: "unknown_key" })]: [
        "refused",
        "does not know the key",
      ],
      [await kit("03", { verified: false, error: "invalid_token" })]: [
        "refused",
        "refuses the probe",
      ],
      [await kit("04", { verified: true, kid: "another-key" })]: [
        "refused",
        "answers something else",
      ],
      [await kit("05", "<title>Welcome</title>")]: ["refused", "answers something else"],
      [await kit("06", "Not Found", 404)]: ["unreachable", "answers 404"],
      [await addSite({
        name: "07",
        keyEventsUri: `http://127.0.0.1:${await freePort()}/key-events`,
      })]: ["unreachable", "connection refused"],
      [await addSite({ name: "08", keyEventsUri: "https://10.0.0.1/key-events" })]: [
        "unreachable",
        "address not allowed",
      ],
      [await addSite({ name: "09", keyEventsUri: `http://127.0.0.1:${silent.port}/` })]: [
        "unreachable",
        "no answer within 3 s",
      ],
    };
    await addSite({ name: "10, deaf" });
    const gone = await addSite({ name: "11, gone", keyEventsUri: "https://gone.example/" });
    const scope = { kind: "client", clientId: gone } as const;
    await idp.known.endAccess(scope, "client-disabled", idp.clock.now(), cause);

    const results = await idp.known.drill(cause, idp.clock.now());
    const told = results.map(({ clientId, outcome, problem }) => [
      clientId,
      problem === undefined ? [outcome] : [outcome, problem],
    ]);
    expect(Object.fromEntries(told)).toEqual(expected);
    expect(results.map(({ clientName }) => clientName)).toEqual(
      results.map(({ clientName }) => clientName).toSorted(),
    );
    expect(results.every((result) => result.kid === kid)).toBe(true);

    const remembered = await idp.known.keyProbes.latest([kid]);
    expect(Object.fromEntries(remembered.map((record) => [record.clientId, record]))).toMatchObject(
      Object.fromEntries(
        Object.entries(expected).map(([clientId, [outcome, problem]]) => [
          clientId,
          { at: idp.clock.now(), outcome, ...(problem !== undefined && { problem }) },
        ]),
      ),
    );
    for (const id of Object.keys(expected))
      await idp.known.clientStore.remove(id, idp.clock.now(), cause);
  });

  it("probes each algorithm that a site's tokens are signed with, begun or not", async () => {
    const kit = await aKit(verifying);
    await addSite({ name: "B", keyEventsUri: kit.uri, idTokenSignedResponseAlg: "ES256" });
    const results = await idp.known.drill(cause, idp.clock.now());
    expect(results.map(({ kid, outcome }) => [kid, outcome])).toEqual([
      [await pendingKid("RS256"), "verified"],
      [await pendingKid("ES256"), "verified"],
    ]);
  });

  it("asks eight sites at a time, and all of them", async () => {
    // It answers only when eight have come, so that fewer at a time would never end.
    const waiting: (() => void)[] = [];
    const kit = await aKit(async (event) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 8) for (const answer of waiting.splice(0)) answer();
      });
      return verifying(event);
    });
    for (let index = 0; index < 16; index += 1)
      await addSite({ name: `C${index}`, keyEventsUri: kit.uri });
    const results = await idp.known.drill(cause, idp.clock.now());
    expect(results.every(({ outcome }) => outcome === "verified")).toBe(true);
    expect([kit.heard.length, kit.mostAtOnce]).toEqual([16, 8]);
  });
});
