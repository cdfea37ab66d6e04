// What happens when access ends in the very middle of issuing: after its statement has seen everything
// in order, before it commits. Each test holds a row that the statement needs late, so that it stops
// there, lets the ending begin, and then lets go. (On PGlite, one connection, all of this is in turn.)
import { beforeAll, describe, expect, it } from "vitest";
import type { EndScope } from "../../../../idp/ending/end-access.ts";
import { hashOf, newCredential } from "../../../../idp/protocol/credential.ts";
import { newIdentifier } from "../../../../idp/records/identifier.ts";
import type { Orm } from "../../../../prisma/database.ts";
import { openTwoHandles } from "../../../support/databases.ts";
import {
  addClient,
  anAuthorization,
  at,
  cause,
  issueCode,
  redeemCode,
  type Stores,
  signIn,
  storesOver,
} from "../a-world.ts";
import { endWhile as endWhileHolding } from "../end-while.ts";

let here: Stores;
let there: Stores;
beforeAll(async () => {
  const [one, other] = await openTwoHandles();
  here = storesOver(one);
  there = storesOver(other);
});

const endWhile = <T>(
  hold: (orm: Orm) => Promise<unknown>,
  issue: () => Promise<T>,
  scope: EndScope,
) => endWhileHolding(there, hold, issue, scope);

describe("access that ends while a code is being issued", () => {
  it.each(["session", "account", "client", "consent"] as const)(
    "leaves no grant behind: %s",
    async (kind) => {
      const isThirdParty = kind === "consent";
      const client = await addClient(here, { firstParty: !isThirdParty });
      const signedIn = await signIn(here);
      const { id: accountId } = signedIn.account;
      const { id: clientId } = client;
      const { id: sessionId } = signedIn.session;
      const { authorization } = anAuthorization(signedIn, client);
      const { scopes: asked } = authorization;
      if (isThirdParty) await here.consents.record(accountId, clientId, asked, [], at(0), cause);

      const visit = {
        sessionId,
        clientId,
        sid: newIdentifier(),
        createdAt: at(0),
        lastUsedAt: at(0),
      };
      await endWhile(
        (orm) => orm.sessionClient.create({ data: visit }),
        () => here.authorizations.issue(authorization, at(1)),
        kind === "consent" ? { kind, accountId, clientId } : scopeOf(kind, { signedIn, client }),
      );
      const live = { accountId, revokedAt: null };
      expect(await here.database.orm.grant.count({ where: live })).toBe(0);
    },
  );
});

describe("access that ends while a code is being redeemed", () => {
  it.each(["grant", "session", "account", "client"] as const)(
    "waits for what is issued, or nothing is: %s",
    async (kind) => {
      const client = await addClient(here);
      const signedIn = await signIn(here);
      const { binding, grantId } = await issueCode(here, signedIn, client);
      const codeHash = hashOf(binding.code);
      const { redirectUri } = binding;

      const { issued, endedBefore } = await endWhile(
        (orm) => orm.authorizationCode.update({ where: { codeHash }, data: { redirectUri } }),
        () => here.codes.redeem({ ...binding, refreshToken: newCredential("refresh") }, at(1)),
        scopeOf(kind, { grantId, signedIn, client }),
      );
      if (endedBefore) expect(issued).toBeUndefined();
      expect(await here.grants.findLive(grantId, at(2))).toBeUndefined();
    },
  );
});

describe("access that ends while a refresh token is being used", () => {
  it.each(["grant", "session", "account", "client"] as const)(
    "waits for what is issued, or nothing is, and neither stops the other: %s",
    async (kind) => {
      const client = await addClient(here);
      const signedIn = await signIn(here);
      const { grantId, refreshToken } = await redeemCode(here, signedIn, client);
      const tokenHash = hashOf(refreshToken);
      const rotation = {
        token: refreshToken,
        clientId: client.id,
        successor: newCredential("refresh"),
        sealedSuccessor: "sealed",
      };

      const { issued, endedBefore } = await endWhile(
        (orm) => orm.refreshToken.update({ where: { tokenHash }, data: { generation: 0 } }),
        () => here.refreshTokens.rotate(rotation, at(1)),
        scopeOf(kind, { grantId, signedIn, client }),
      );
      if (endedBefore) expect(issued).toBeUndefined();
      expect(await here.grants.findLive(grantId, at(2))).toBeUndefined();
    },
  );
});

type Ids = {
  grantId?: string;
  signedIn: { session: { id: string }; account: { id: string } };
  client: { id: string };
};

function scopeOf(
  kind: "grant" | "session" | "account" | "client",
  { grantId = "", signedIn, client }: Ids,
): EndScope {
  switch (kind) {
    case "grant":
      return { kind, grantId };
    case "session":
      return { kind, sessionId: signedIn.session.id };
    case "account":
      return { kind, accountId: signedIn.account.id };
    case "client":
      return { kind, clientId: client.id };
  }
}
