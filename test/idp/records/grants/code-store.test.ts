import { beforeAll, describe, expect, it } from "vitest";
import { newCredential } from "../../../../idp/protocol/credential.ts";
import { challengeOf } from "../../../../idp/protocol/pkce.ts";
import type { CodeRefusal } from "../../../../idp/records/grants/code-store.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import {
  addClient,
  at,
  cause,
  issueCode,
  MINUTE,
  redeemCode,
  refresh,
  type Stores,
  signIn,
  statementsOf,
  storesOver,
  times,
} from "../a-world.ts";

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});

const aCode = async (
  client?: Parameters<typeof addClient>[1],
  asked?: Parameters<typeof issueCode>[4],
) => {
  const bank = await addClient(here, client);
  const signedIn = await signIn(here);
  return { bank, signedIn, ...(await issueCode(here, signedIn, bank, at(0), asked)) };
};

const fresh = () => ({ refreshToken: newCredential("refresh") });

describe("redeeming a code (RFC 6749 §4.1.3)", () => {
  it("E1: takes one statement and gives the grant, the account and a refresh token", async () => {
    const { binding, bank, signedIn, grantId, sid } = await aCode();
    const { result, statements } = await statementsOf(here, () =>
      here.codes.redeem({ ...binding, ...fresh() }, at(59)),
    );
    expect(statements).toBe(1);
    expect(result?.hasRefreshToken).toBe(true);
    expect(result?.account).toMatchObject({ id: signedIn.account.id, name: "Alice Moreau" });
    expect(result?.grant).toEqual({
      id: grantId,
      clientId: bank.id,
      accountId: signedIn.account.id,
      sessionId: signedIn.session.id,
      kind: "session",
      statusNumber: expect.any(Number),
      scopes: ["openid", "accounts:read"],
      resources: [],
      sid,
      authenticatedAt: at(0),
      acr: "pwd",
      amr: ["pwd"],
      nonce: "n-0S6",
      createdAt: at(0),
      lastUsedAt: at(0),
      expiresAt: signedIn.session.expiresAt,
    });
  });

  it("E1: of 50 parallel redemptions on two replicas one succeeds, with one family", async () => {
    const { binding, grantId } = await aCode();
    const redeemed = await times(50, (index) =>
      (index % 2 ? here : there).codes.redeem({ ...binding, ...fresh() }, at(1)),
    );
    expect(redeemed.filter((one) => one !== undefined)).toHaveLength(1);
    expect(await here.database.orm.refreshToken.count({ where: { grantId } })).toBe(1);

    const refusals = await times(49, () => there.codes.explain(binding, at(1)));
    expect(new Set(refusals.map((refusal) => refusal.kind))).toEqual(new Set(["replayed"]));
    const ended = await times(49, () =>
      there.endAccess({ kind: "grant", grantId }, "code-replayed", at(1), cause),
    );
    expect(ended.filter((one) => one.grants === 1)).toHaveLength(1);
    const events = await here.audit.list({ limit: 1000, kind: "code.replayed" });
    expect(events.filter((event) => event.grantId === grantId)).toHaveLength(1);
  });

  it("gives a refresh token where the client may have one, and the grant is of that kind", async () => {
    const has = async (client: Parameters<typeof addClient>[1], kind: "session" | "offline") => {
      const { binding, grantId } = await aCode({ ...client, firstParty: true }, { kind });
      await here.database.orm.client.update({
        where: { id: binding.clientId },
        data: { firstParty: client?.firstParty ?? true },
      });
      const redeemed = await here.codes.redeem({ ...binding, ...fresh() }, at(1));
      const rows = await here.database.orm.refreshToken.count({ where: { grantId } });
      expect(rows).toBe(redeemed?.hasRefreshToken ? 1 : 0);
      return redeemed?.hasRefreshToken;
    };
    expect(await has({ firstParty: true }, "session")).toBe(true);
    expect(await has({ firstParty: true }, "offline")).toBe(true);
    expect(await has({ firstParty: false }, "offline")).toBe(true);
    expect(await has({ firstParty: false }, "session")).toBe(false);
    expect(await has({ grantTypes: ["authorization_code"] }, "session")).toBe(false);
    expect(await has({ grantTypes: ["authorization_code"] }, "offline")).toBe(false);
  });
});

describe("what a code is bound to", () => {
  /** Redeeming with this difference is refused for this reason, and leaves the code usable. */
  async function refused(difference: object, kind: CodeRefusal["kind"], now = at(1)) {
    const { binding, grantId } = await aCode();
    const wrong = { ...binding, ...difference };
    expect(await here.codes.redeem({ ...wrong, ...fresh() }, now)).toBeUndefined();
    expect(await here.codes.explain(wrong, now)).toMatchObject({ kind });
    return { binding, grantId };
  }

  it("E3: its client: another one with valid credentials gets nothing and ends nothing", async () => {
    const { id: clientId } = await addClient(here);
    const { binding } = await refused({ clientId }, "wrong-client");
    expect(await here.codes.redeem({ ...binding, ...fresh() }, at(2))).toBeDefined();
    expect(await here.codes.explain({ ...binding, clientId }, at(3))).toMatchObject({
      kind: "wrong-client",
    });
  });

  it("E3: its redirect URI, to the character", async () => {
    const redirectUri = "https://bank.example/callback/";
    const { binding } = await refused({ redirectUri }, "wrong-redirect");
    expect(await here.codes.redeem({ ...binding, ...fresh() }, at(2))).toBeDefined();
  });

  it("E4: its verifier", async () => {
    const wrong = { codeChallenge: challengeOf("another-verifier") };
    const { binding } = await refused(wrong, "wrong-verifier");
    expect(await here.codes.redeem({ ...binding, ...fresh() }, at(2))).toBeDefined();
    // E2: and a spent code presented so is not a replay either.
    const again = { ...binding, ...wrong };
    expect(await here.codes.explain(again, at(3))).toMatchObject({ kind: "wrong-verifier" });
  });

  it("its time: 60 seconds, exactly", async () => {
    await refused({}, "expired", at(60));
  });

  it("T9: being a code: no other kind of secret is looked up as one", async () => {
    const { statements } = await statementsOf(here, async () => {
      for (const kind of ["refresh", "session", "password-link", "client-secret"] as const) {
        const binding = { code: newCredential(kind), clientId: "a", redirectUri: "b" };
        const presented = { ...binding, codeChallenge: "c" };
        expect(await here.codes.redeem({ ...presented, ...fresh() }, at(1))).toBeUndefined();
        expect(await here.codes.explain(presented, at(1))).toEqual({ kind: "unknown" });
      }
    });
    expect(statements).toBe(0);
    // Even with the right shape, another kind's value is in another table.
    const { refreshToken, binding } = await redeemCode(
      here,
      await signIn(here),
      await addClient(here),
    );
    const code = `sgc_${refreshToken.slice(4)}`;
    expect(await here.codes.explain({ ...binding, code }, at(1))).toEqual({ kind: "unknown" });
  });

  it("its grant's resources: another one is refused, and the code stays usable (RFC 8707)", async () => {
    const { binding } = await aCode({}, { resources: ["urn:bank"] });
    const elsewhere = { ...binding, resource: "urn:portal" };
    expect(await here.codes.redeem({ ...elsewhere, ...fresh() }, at(1))).toBeUndefined();
    expect(await here.codes.explain(elsewhere, at(1))).toMatchObject({
      kind: "unauthorized-resource",
    });
    const named = { ...binding, resource: "urn:bank" };
    expect(await here.codes.redeem({ ...named, ...fresh() }, at(2))).toBeDefined();
    // Once spent, it is a replay whatever is named.
    expect(await here.codes.explain(elsewhere, at(3))).toMatchObject({ kind: "replayed" });
  });

  it("E3: grant, session, account and client that still count", async () => {
    const endings = [
      ({ grantId }: Code) => ({ kind: "grant", grantId }) as const,
      ({ signedIn }: Code) => ({ kind: "session", sessionId: signedIn.session.id }) as const,
      ({ signedIn }: Code) => ({ kind: "account", accountId: signedIn.account.id }) as const,
      ({ bank }: Code) => ({ kind: "client", clientId: bank.id }) as const,
    ];
    for (const scopeOf of endings) {
      const code = await aCode();
      await there.endAccess(scopeOf(code), "ended-by-administrator", at(1), cause);
      expect(await here.codes.redeem({ ...code.binding, ...fresh() }, at(2))).toBeUndefined();
      expect(await here.codes.explain(code.binding, at(2))).toMatchObject({ kind: "ended" });
    }
  });

  it("E3: of a session grant the session alone, even where its grant was not marked", async () => {
    const { binding, signedIn, grantId } = await aCode();
    await here.database.orm.session.update({
      where: { id: signedIn.session.id },
      data: { endedAt: at(1) },
    });
    expect(await here.codes.redeem({ ...binding, ...fresh() }, at(2))).toBeUndefined();
    // Nor once its row is gone, when the grant names no session any more.
    await here.database.orm.session.delete({ where: { id: signedIn.session.id } });
    expect(await here.codes.redeem({ ...binding, ...fresh() }, at(2))).toBeUndefined();
    expect(await here.grants.findLive(grantId, at(2))).toBeUndefined();
  });

  type Code = Awaited<ReturnType<typeof aCode>>;
});

describe("redeeming a code for one resource (RFC 8707 §2.2)", () => {
  const bank = "https://bank.example/api";
  const plan = "https://plan.example/api";

  it("E1: takes the one statement too, when the resource was authorized", async () => {
    const { binding } = await aCode({}, { resources: [plan, bank] });
    const { result, statements } = await statementsOf(here, () =>
      here.codes.redeem({ ...binding, resource: bank, ...fresh() }, at(1)),
    );
    expect(statements).toBe(1);
    expect(result?.grant.resources).toEqual([plan, bank]);
  });

  it.each([
    ["none was", []],
    ["another one was", [plan]],
    ["one with a longer name was", [`${bank}/`, `${bank}s`]],
  ])("E1: leaves the code as it was when %s", async (_what, resources) => {
    const { binding, grantId } = await aCode({}, { resources });
    const asked = { ...binding, resource: bank };
    const { result, statements } = await statementsOf(here, () =>
      here.codes.redeem({ ...asked, ...fresh() }, at(1)),
    );
    expect([result, statements]).toEqual([undefined, 1]);
    expect(await here.codes.explain(asked, at(1))).toEqual({
      kind: "unauthorized-resource",
      grantId,
    });
    expect(await here.database.orm.refreshToken.count({ where: { grantId } })).toBe(0);
    expect(await here.codes.redeem({ ...binding, ...fresh() }, at(2))).toBeDefined();
  });

  it("E2: a spent, expired or foreign code is that first, whatever it is asked for", async () => {
    const { binding } = await aCode();
    const asked = { ...binding, resource: bank };
    const { id: clientId } = await addClient(here);
    expect(await here.codes.explain({ ...asked, clientId }, at(1))).toMatchObject({
      kind: "wrong-client",
    });
    expect(await here.codes.explain(asked, at(60))).toMatchObject({ kind: "expired" });
    await here.codes.redeem({ ...binding, ...fresh() }, at(1));
    expect(await here.codes.explain(asked, at(2))).toMatchObject({ kind: "replayed" });
  });
});

describe("replaying a code (RFC 6749 §4.1.2)", () => {
  it("E2: by its own client is told as such, after its 60 seconds too, and ends the grant", async () => {
    const client = await addClient(here);
    const redeemed = await redeemCode(here, await signIn(here), client);
    const { binding, grantId } = redeemed;
    expect(await here.codes.redeem({ ...binding, ...fresh() }, at(5))).toBeUndefined();
    const refusal = await here.codes.explain(binding, at(10 * MINUTE));
    expect(refusal).toMatchObject({ kind: "replayed", grantId });

    await here.endAccess({ kind: "grant", grantId }, "code-replayed", at(6), cause);
    const presented = { token: redeemed.refreshToken, clientId: client.id };
    expect(await refresh(here, presented, at(7))).toEqual({ how: "ended" });
    expect(await here.grants.findLive(grantId, at(7))).toBeUndefined();
  });
});

describe("redeeming while access is being taken back, on two replicas", () => {
  it("E1: either nothing is issued, or what was issued does not count", async () => {
    const bank = await addClient(here);
    for (let round = 0; round < 25; round += 1) {
      const signedIn = await signIn(here);
      const { binding, grantId } = await issueCode(here, signedIn, bank, at(0));
      const { refreshToken } = fresh();
      const scope =
        round % 2
          ? ({ kind: "session", sessionId: signedIn.session.id } as const)
          : ({ kind: "grant", grantId } as const);
      const [redeemed] = await Promise.all([
        here.codes.redeem({ ...binding, refreshToken }, at(1)),
        there.endAccess(scope, "ended-by-administrator", at(1), cause),
      ]);
      const presented = { token: refreshToken, clientId: bank.id };
      expect(await refresh(here, presented, at(2))).toEqual({
        how: redeemed ? "ended" : "unknown",
      });
    }
  });
});

describe("when the database fails", () => {
  it("E7: a failing redemption leaves the code usable, and nothing of it behind", async () => {
    const client = await addClient(here);
    const taken = await redeemCode(here, await signIn(here), client);
    const { binding, grantId } = await aCode();
    const refreshToken = taken.refreshToken;
    // The refresh token's hash is taken: the last part of the statement fails.
    await expect(here.codes.redeem({ ...binding, refreshToken }, at(1))).rejects.toThrow();
    expect(await here.database.orm.refreshToken.count({ where: { grantId } })).toBe(0);
    expect(await here.codes.redeem({ ...binding, ...fresh() }, at(2))).toBeDefined();
  });
});

describe("what the database holds", () => {
  it("R1: only hashes of codes and refresh tokens", async () => {
    const client = await addClient(here);
    const { binding, refreshToken } = await redeemCode(here, await signIn(here), client);
    const dump = JSON.stringify([
      await here.database.orm.authorizationCode.findMany(),
      await here.database.orm.refreshToken.findMany(),
      await here.database.orm.auditEvent.findMany(),
    ]);
    expect(dump).not.toContain(binding.code);
    expect(dump).not.toContain(refreshToken);
  });
});
