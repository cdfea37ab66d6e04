// The part of the journey that people and their sites take, with everything that can go wrong.
import { expect } from "vitest";
import { challengeOf } from "../../../idp/protocol/pkce.ts";
import {
  API,
  CALLBACK,
  claimsOf,
  parametersFor,
  told,
  typed,
} from "../../idp/endpoints/authorize/arranging.ts";
import type { Answer, Visitor } from "../../support/a-visitor.ts";
import type { TestIdp } from "../../support/an-idp.ts";
import { localFetch } from "../../support/local-fetch.ts";
import type { Witness } from "./witness.ts";

export const VERIFIER = `canary-verifier-${"v".repeat(40)}`;
export const WRONG_PASSWORD = "canary wrong password 4711";
export const TYPED_INTO_EMAIL = "canary password typed into the email field";

export interface TestClient {
  readonly id: string;
  readonly secret: string;
}

export type Credentials = { email: string; password: string };

export async function signIn(visitor: Visitor, page: Answer, fields: Record<string, string>) {
  const done = await visitor.submit(page, fields);
  return done.location === undefined ? done : visitor.get(done.location);
}

export function people(idp: TestIdp, witness: Witness) {
  const { secret } = witness;

  const authorizeUrl = (client: TestClient, changed: Record<string, string> = {}) => {
    const challenge = { code_challenge: challengeOf(VERIFIER), nonce: "a-nonce" };
    return `${idp.issuer}/authorize?${parametersFor(client, { ...challenge, ...changed })}`;
  };

  async function ask(path: string, client: TestClient, fields: Record<string, string>) {
    const response = await localFetch(`${idp.issuer}${path}`, {
      method: "POST",
      headers: { Authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` },
      body: new URLSearchParams(fields),
    });
    const text = await response.text();
    const answer: Record<string, unknown> = text.startsWith("{") ? JSON.parse(text) : {};
    for (const what of ["access_token", "refresh_token", "id_token"]) {
      if (answer[what] !== undefined) secret(what, answer[what]);
    }
    return answer;
  }

  const redeem = (client: TestClient, code: string, verifier = VERIFIER) =>
    ask("/token", client, {
      grant_type: "authorization_code",
      code,
      redirect_uri: CALLBACK,
      code_verifier: verifier,
    });

  const refresh = (client: TestClient, token: unknown) =>
    ask("/token", client, { grant_type: "refresh_token", refresh_token: String(token) });

  return {
    async signsInWithTrouble(alice: Credentials, bank: TestClient): Promise<void> {
      const visitor = witness.visitor();
      const page = await visitor.follow(authorizeUrl(bank));
      await visitor.submit(page, { email: alice.email, password: WRONG_PASSWORD });
      await visitor.submit(page, { email: TYPED_INTO_EMAIL, password: "x" });
      await visitor.submit(page, { email: 'a@b.test\r\n{"forged":true}', password: "x" });
      for (let attempt = 0; attempt < 12; attempt += 1) {
        await visitor.submit(page, { email: "nobody@example.test", password: WRONG_PASSWORD });
      }
      const code = secret("code", told(await signIn(visitor, page, typed(alice))).code);
      await redeem(bank, code);
      const device = await visitor.get(`${idp.issuer}/device`);
      await visitor.submit(device, { user_code: "BCDF-GHJK" });
      // Another person in the same browser, then out by the form.
      const leave = await visitor.get(`${idp.issuer}/logout`);
      await visitor.submit(await visitor.get(leave.location ?? ""));
    },

    async getsTokens(alice: Credentials, bank: TestClient, other: TestClient): Promise<void> {
      const visitor = witness.visitor();
      const page = await visitor.follow(authorizeUrl(bank));
      const first = secret("code", told(await signIn(visitor, page, typed(alice))).code);
      await redeem(other, first);
      await redeem(bank, first, `another-${VERIFIER}`);
      const tokens = await redeem(bank, first);
      const userinfo = { headers: { Authorization: `Bearer ${tokens.access_token}` } };
      expect((await localFetch(`${idp.issuer}/userinfo`, userinfo)).status).toBe(200);
      await refresh(other, tokens.refresh_token);
      const second = await refresh(bank, tokens.refresh_token);
      await refresh(bank, second.refresh_token);
      // Stolen: its successor has been used.
      await refresh(bank, tokens.refresh_token);

      const replayed = secret("code", told(await visitor.get(authorizeUrl(bank))).code);
      await redeem(bank, replayed);
      await redeem(bank, replayed);

      const again = secret("code", told(await visitor.get(authorizeUrl(bank))).code);
      const third = await redeem(bank, again);
      await ask("/revocation", bank, { token: String(third.refresh_token) });
      await ask(
        "/token",
        { id: bank.id, secret: "canary-wrong-client-secret" },
        { grant_type: "x" },
      );
      secret("wrong client secret", "canary-wrong-client-secret");
      const hinted = new URLSearchParams({ id_token_hint: String(third.id_token) });
      await visitor.get(`${idp.issuer}/logout?${hinted}`);
    },

    async answersAStranger(alice: Credentials, stranger: TestClient): Promise<void> {
      const visitor = witness.visitor();
      const asked = { scope: "openid accounts:read", resource: API.identifier };
      const signInPage = await visitor.follow(authorizeUrl(stranger, asked));
      const toConsent = await signIn(visitor, signInPage, typed(alice));
      const denied = await visitor.submit(await visitor.get(toConsent.location ?? ""), {
        decision: "deny",
      });
      await visitor.get(denied.location ?? "");
      const again = await visitor.follow(authorizeUrl(stranger, asked));
      const allowed = await visitor.submit(again, { decision: "allow" });
      const code = secret("code", told(await visitor.get(allowed.location ?? "")).code);
      const { access_token: token } = await redeem(stranger, code);
      const accountId = String(claimsOf(token).sub);
      const scope = { kind: "consent", accountId, clientId: stranger.id } as const;
      const cause = { actor: `account:${accountId}` };
      await idp.known.endAccess(scope, "consent-withdrawn", idp.clock.now(), cause);
    },

    /** Failures that answer with a page or an error. */
    async isTurnedAway(bank: TestClient): Promise<void> {
      const visitor = witness.visitor();
      const code = secret("made-up code", `sgc_${"canary".repeat(7)}x`);
      const get = (path: string) => visitor.get(`${idp.issuer}${path}`);
      await get(`/authorize?client_id=${secret("canary id", "canary-in-a-query")}`);
      await get(`/nowhere/${secret("canary path", "canary-in-a-path")}?code=${code}`);
      await get(`/set-password/${secret("canary link", `sgl_${"canaryx".repeat(6)}y`)}`);
      await redeem(bank, code);
    },
  };
}
