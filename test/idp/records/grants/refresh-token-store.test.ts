import { beforeAll, describe, expect, it } from "vitest";
import { newCredential } from "../../../../idp/protocol/credential.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import {
  addClient,
  at,
  cause,
  DAY,
  HOUR,
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

/** A redeemed code of a new person at a new client, and how to present tokens of it. */
async function aFamily(
  client: Parameters<typeof addClient>[1] = {},
  kind: "session" | "offline" = "session",
) {
  const bank = await addClient(here, client);
  const signedIn = await signIn(here);
  const redeemed = await redeemCode(here, signedIn, bank, at(0), { kind });
  const present = (token: string | undefined, now: Date, stores = here) =>
    refresh(stores, { token: token ?? "", clientId: bank.id }, now);
  return { bank, signedIn, ...redeemed, first: redeemed.refreshToken, present };
}

const publicClient = { tokenEndpointAuthMethod: "none" } as const;

describe("rotating a refresh token (RFC 6749 §6, RFC 9700 §4.14.2)", () => {
  it("E5: takes one statement and gives the grant and the account", async () => {
    const { first, bank, grant, account } = await aFamily();
    const rotation = {
      token: first,
      clientId: bank.id,
      successor: newCredential("refresh"),
      sealedSuccessor: "sealed",
    };
    const { result, statements } = await statementsOf(here, () =>
      here.refreshTokens.rotate(rotation, at(5 * MINUTE)),
    );
    expect(statements).toBe(1);
    expect(result).toEqual({ grant, account });
  });

  it("E5: each generation works once, and continues the same grant", async () => {
    const { first, grantId, present } = await aFamily();
    let token: string | undefined = first;
    for (let generation = 1; generation <= 5; generation += 1) {
      const refreshed = await present(token, at(generation * MINUTE));
      expect(refreshed.how).toBe("rotated");
      token = refreshed.successor;
    }
    const rows = await here.database.orm.refreshToken.findMany({
      where: { grantId },
      orderBy: { generation: "asc" },
    });
    expect(rows.map((row) => [row.generation, row.usedAt !== null])).toEqual([
      [0, true],
      [1, true],
      [2, true],
      [3, true],
      [4, true],
      [5, false],
    ]);
  });

  it("E3: by its own client only; another one gets nothing and ends nothing", async () => {
    const { first, present } = await aFamily();
    const portal = await addClient(here);
    const stolen = { token: first, clientId: portal.id };
    expect(await refresh(here, stolen, at(1))).toEqual({ how: "wrong-client" });

    const { successor } = await present(first, at(2));
    await present(successor, at(3));
    // Used, and its successor too: for its own client theft, for a stranger still nothing.
    expect(await refresh(here, stolen, at(4))).toEqual({ how: "wrong-client" });
    expect(await here.refreshTokens.identify(first)).toBeDefined();
    expect((await present(successor, at(5))).how).toBe("retry");
  });

  it("T9: no other kind of secret is looked up as one", async () => {
    const { statements } = await statementsOf(here, async () => {
      for (const kind of ["code", "session", "password-link", "client-secret"] as const) {
        const presented = { token: newCredential(kind), clientId: "bank" };
        expect(await refresh(here, presented, at(1))).toEqual({ how: "unknown" });
        expect(await here.refreshTokens.identify(presented.token)).toBeUndefined();
      }
    });
    expect(statements).toBe(0);
  });
});

describe("a part of the grant (RFC 6749 §6, RFC 8707 §2.2)", () => {
  const bank = "https://bank.example/api";
  const plan = "https://plan.example/api";

  async function ofTwoResources(client: Parameters<typeof addClient>[1] = {}) {
    const { id: clientId } = await addClient(here, client);
    const asked = { resources: [bank, plan], kind: "offline" } as const;
    const { refreshToken: token, grant } = await redeemCode(
      here,
      await signIn(here),
      { id: clientId },
      at(0),
      asked,
    );
    return { token, clientId, grant };
  }

  it("takes the one statement too, and names the whole grant", async () => {
    const { grant, ...presented } = await ofTwoResources();
    const part = { ...presented, resource: plan, scopes: ["accounts:read"] };
    const rotation = {
      ...part,
      successor: newCredential("refresh"),
      sealedSuccessor: "sealed",
    };
    const { result, statements } = await statementsOf(here, () =>
      here.refreshTokens.rotate(rotation, at(1)),
    );
    expect(statements).toBe(1);
    expect(result?.grant).toEqual(grant);
  });

  it.each([
    ["unauthorized-resource", { resource: `${bank}/` }],
    ["unauthorized-scope", { scopes: ["openid", "email"] }],
    ["unauthorized-resource", { resource: "", scopes: ["email"] }],
  ] as const)("E8: what is not in it is %s, and uses nothing up: %o", async (how, beyond) => {
    const { grant, ...presented } = await ofTwoResources({ tokenEndpointAuthMethod: "none" });
    const { result, statements } = await statementsOf(here, () =>
      refresh(here, { ...presented, ...beyond }, at(1)),
    );
    expect([result, statements]).toEqual([{ how }, 2]);
    const [row] = await here.database.orm.refreshToken.findMany({ where: { grantId: grant.id } });
    expect(row).toMatchObject({ usedAt: null, successorHash: null });
    // Long after the time that a public client has for retries: the refusal was no use.
    expect((await refresh(here, presented, at(5 * MINUTE))).how).toBe("rotated");
  });

  it("E6: a retry that asks for more than the grant has gets nothing, and stays a retry", async () => {
    const { grant: _, ...presented } = await ofTwoResources();
    const { successor } = await refresh(here, presented, at(1));
    expect(await refresh(here, { ...presented, scopes: ["email"] }, at(2))).toEqual({
      how: "unauthorized-scope",
    });
    expect(await refresh(here, { ...presented, resource: bank }, at(3))).toEqual({
      how: "retry",
      successor,
    });
  });

  it("E5: a stolen or foreign token is that first, whatever it is asked for", async () => {
    const { grant: _, ...presented } = await ofTwoResources();
    const beyond = { resource: "https://nobody.example/api", scopes: ["admin"] };
    const { id: clientId } = await addClient(here);
    expect(await refresh(here, { ...presented, ...beyond, clientId }, at(1))).toEqual({
      how: "wrong-client",
    });
    const { successor } = await refresh(here, presented, at(1));
    await refresh(here, { ...presented, token: successor ?? "" }, at(2));
    expect(await refresh(here, { ...presented, ...beyond }, at(3))).toEqual({ how: "reused" });
  });
});

describe("asking for more than was granted", () => {
  it("E8: is refused and uses nothing up, before and after the token was used", async () => {
    const { first, bank, present } = await aFamily();
    const presented = { token: first, clientId: bank.id };
    const beyond = [
      [{ scopes: ["openid", "transfers:write"] }, "unauthorized-scope"],
      [{ resource: "urn:portal" }, "unauthorized-resource"],
    ] as const;
    const refused = async (now: Date) => {
      for (const [asked, how] of beyond) {
        expect(await refresh(here, { ...presented, ...asked }, now)).toEqual({ how });
      }
    };
    await refused(at(1));
    const { how, successor } = await refresh(here, { ...presented, scopes: ["openid"] }, at(2));
    expect(how).toBe("rotated");
    await refused(at(3));
    expect(await present(first, at(4))).toEqual({ how: "retry", successor });
  });
});

describe("the life of a session-bound refresh token", () => {
  it("S3: idles out after 30 minutes", async () => {
    const { first, present } = await aFamily();
    expect((await present(first, at(30 * MINUTE))).how).toBe("ended");
    const other = await aFamily();
    expect((await other.present(other.first, at(30 * MINUTE - 1))).how).toBe("rotated");
  });

  it("E5: is idle by itself as well, while another client keeps the session going", async () => {
    const { first, signedIn, present } = await aFamily();
    const portal = await addClient(here);
    await redeemCode(here, signedIn, portal, at(20 * MINUTE));
    expect((await present(first, at(31 * MINUTE))).how).toBe("expired");
  });

  it("renews the session's idle time when used", async () => {
    const { first, signedIn, present } = await aFamily();
    const { successor } = await present(first, at(29 * MINUTE));
    expect(await here.sessions.find(signedIn.secret, at(58 * MINUTE))).toBeDefined();
    expect((await present(successor, at(58 * MINUTE))).how).toBe("rotated");
    expect(await here.sessions.find(signedIn.secret, at(87 * MINUTE))).toBeDefined();
  });

  it("E5: ends with the session's absolute limit, however much it is used", async () => {
    const { first, present } = await aFamily();
    let token: string | undefined = first;
    for (let minute = 25; minute < 12 * 60; minute += 25) {
      ({ successor: token } = await present(token, at(minute * MINUTE)));
    }
    expect((await present(token, at(12 * HOUR))).how).not.toBe("rotated");
    expect((await present(token, at(12 * HOUR - 1))).how).toBe("rotated");
  });

  it("ends at once with session, grant, account or client", async () => {
    const endings = [
      ({ grantId }: Family) => ({ kind: "grant", grantId }) as const,
      ({ signedIn }: Family) => ({ kind: "session", sessionId: signedIn.session.id }) as const,
      ({ signedIn }: Family) => ({ kind: "account", accountId: signedIn.account.id }) as const,
      ({ bank }: Family) => ({ kind: "client", clientId: bank.id }) as const,
    ];
    for (const scopeOf of endings) {
      const family = await aFamily();
      await there.endAccess(scopeOf(family), "ended-by-administrator", at(1), cause);
      expect(await family.present(family.first, at(1))).toEqual({ how: "ended" });
    }
  });

  type Family = Awaited<ReturnType<typeof aFamily>>;
});

describe("the life of an offline refresh token (OIDC Core §11)", () => {
  it("survives the session, and ends with the account", async () => {
    const { first, signedIn, present } = await aFamily({}, "offline");
    const { id: sessionId } = signedIn.session;
    await here.endAccess({ kind: "session", sessionId }, "signed-out", at(1), cause);
    const { how, successor } = await present(first, at(10 * DAY));
    expect(how).toBe("rotated");
    const { id: accountId } = signedIn.account;
    await here.endAccess({ kind: "account", accountId }, "account-disabled", at(11 * DAY), cause);
    expect((await present(successor, at(11 * DAY))).how).toBe("ended");
  });

  it("E5: idles out after 30 days, and ends after 90", async () => {
    const idle = await aFamily({}, "offline");
    expect((await idle.present(idle.first, at(30 * DAY))).how).toBe("expired");

    const { first, present } = await aFamily({}, "offline");
    let token: string | undefined = first;
    for (const day of [29, 58, 87]) ({ successor: token } = await present(token, at(day * DAY)));
    expect((await present(token, at(90 * DAY))).how).toBe("ended");
    expect((await present(token, at(90 * DAY - 1))).how).toBe("rotated");
  });
});

describe("lost answers (security E6)", () => {
  it("E6: a retry gets the same successor, however late, until that is used", async () => {
    const { first, present } = await aFamily();
    const { successor } = await present(first, at(MINUTE));
    expect(await present(first, at(2 * MINUTE))).toEqual({ how: "retry", successor });
    expect(await present(first, at(20 * MINUTE), there)).toEqual({ how: "retry", successor });
    expect((await present(successor, at(21 * MINUTE))).how).toBe("rotated");
  });

  it("E6: a retry counts as use", async () => {
    const { first, grantId, signedIn, present } = await aFamily();
    await present(first, at(MINUTE));
    await present(first, at(29 * MINUTE));
    expect(await here.sessions.find(signedIn.secret, at(58 * MINUTE))).toBeDefined();
    const [reached] = await here.reachedSites.of([signedIn.session.id]);
    expect(reached?.lastIssuedAt).toEqual(at(29 * MINUTE));
    expect((await here.grants.findLive(grantId, at(30 * MINUTE)))?.grant.lastUsedAt).toEqual(
      at(29 * MINUTE),
    );
  });

  it("E6: of 20 parallel refreshes on two replicas all get the one successor", async () => {
    const { first, grantId, present } = await aFamily();
    const answers = await times(20, (index) => present(first, at(1), index % 2 ? here : there));
    expect(answers.filter((answer) => answer.how === "rotated")).toHaveLength(1);
    expect(answers.filter((answer) => answer.how === "retry")).toHaveLength(19);
    expect(new Set(answers.map((answer) => answer.successor)).size).toBe(1);
    const unused = { grantId, usedAt: null };
    expect(await here.database.orm.refreshToken.count({ where: unused })).toBe(1);
    expect((await present(answers[0]?.successor, at(2))).how).toBe("rotated");
  });

  it("E6: two clients' families at the same session do not get in each other's way", async () => {
    const signedIn = await signIn(here);
    const families = await times(5, async () => {
      const { id: clientId } = await addClient(here);
      const { refreshToken: token } = await redeemCode(here, signedIn, { id: clientId });
      return { token, clientId };
    });
    const answers = await times(50, (index) =>
      refresh(index % 2 ? here : there, families[index % 5] ?? { token: "", clientId: "" }, at(1)),
    );
    expect(answers.filter((answer) => answer.how === "rotated")).toHaveLength(5);
    expect(answers.filter((answer) => answer.how === "retry")).toHaveLength(45);
  });

  it("E6: a public client has ten seconds", async () => {
    const soon = await aFamily(publicClient);
    const { successor } = await soon.present(soon.first, at(60));
    expect(await soon.present(soon.first, at(69))).toEqual({ how: "retry", successor });

    const late = await aFamily(publicClient);
    const next = await late.present(late.first, at(60));
    expect(await late.present(late.first, at(70))).toEqual({ how: "reused" });
    expect(await late.present(next.successor, at(71))).toEqual({ how: "ended" });
  });

  it("E6: the database alone cannot read a successor", async () => {
    const { first, present } = await aFamily();
    const { successor } = await present(first, at(1));
    const dump = JSON.stringify(await here.database.orm.refreshToken.findMany());
    expect(dump).not.toContain(successor);
    expect(dump).not.toContain(first);
  });
});

describe("theft", () => {
  it("E5: any generation that returns after its successor was used ends the grant", async () => {
    for (const stolenGeneration of [0, 1, 2]) {
      const { first, grantId, present } = await aFamily();
      const generations = [first];
      for (let generation = 0; generation < 4; generation += 1) {
        const { successor } = await present(generations.at(-1), at(generation));
        if (successor) generations.push(successor);
      }
      expect(await present(generations[stolenGeneration], at(10))).toEqual({ how: "reused" });
      expect(await present(generations.at(-1), at(11))).toEqual({ how: "ended" });
      expect(await here.grants.findLive(grantId, at(11))).toBeUndefined();
      const events = await here.audit.list({ limit: 1000, kind: "refresh.reused" });
      expect(events.filter((event) => event.grantId === grantId)).toMatchObject([
        { outcome: "refused", actor: "system", at: at(10) },
      ]);
    }
  });

  it("E7: is noticed after the token's own expiry and after a restart, since rows tell", async () => {
    const { first, signedIn, present } = await aFamily();
    const { successor } = await present(first, at(1));
    const last = await present(successor, at(29 * MINUTE));
    expect(await present(first, at(45 * MINUTE), storesOver(there.database))).toEqual({
      how: "reused",
    });
    expect((await present(last.successor, at(46 * MINUTE))).how).toBe("ended");
    // The session itself goes on: the theft was of one client's token.
    expect(await here.sessions.find(signedIn.secret, at(46 * MINUTE))).toBeDefined();
  });
});

describe("refreshing while access is being taken back, on two replicas", () => {
  it("E5: leaves no token that works, and no deadlock", async () => {
    for (let round = 0; round < 10; round += 1) {
      const { first, bank, signedIn, grantId, present } = await aFamily();
      const scopes = [
        { kind: "session", sessionId: signedIn.session.id },
        { kind: "grant", grantId },
        { kind: "account", accountId: signedIn.account.id },
        { kind: "client", clientId: bank.id },
      ] as const;
      const scope = scopes[round % scopes.length] ?? scopes[0];
      const answers = await times(50, async (index) => {
        if (index !== 15) return present(first, at(1), index % 2 ? here : there);
        await there.endAccess(scope, "ended-by-administrator", at(1), cause);
        return undefined;
      });
      for (const answer of answers) {
        if (answer?.successor) {
          expect(await present(answer.successor, at(2))).toEqual({ how: "ended" });
        }
      }
      expect(await present(first, at(2))).toEqual({ how: "ended" });
    }
  });
});

describe("when the database fails", () => {
  it("E7: a failing rotation leaves the token usable, and a retry then succeeds", async () => {
    const { first, bank, grantId, present } = await aFamily();
    const taken = await aFamily();
    const rotation = { token: first, clientId: bank.id, sealedSuccessor: "sealed" };
    // The successor's hash is taken: a part of the statement fails after the token was marked used.
    const failing = here.refreshTokens.rotate({ ...rotation, successor: taken.first }, at(1));
    await expect(failing).rejects.toThrow();
    const [row] = await here.database.orm.refreshToken.findMany({ where: { grantId } });
    expect(row).toMatchObject({ usedAt: null, successorHash: null, sealedSuccessor: null });
    expect((await present(first, at(2))).how).toBe("rotated");
  });
});
