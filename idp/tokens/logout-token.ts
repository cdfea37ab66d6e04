// Logout tokens (OIDC Back-Channel Logout §2.4): that a person's sign-in has ended, said to one client. Each
// attempt carries a fresh one, so that a client may refuse what it has seen before.
import type { KeyRing } from "../../keys/key-ring.ts";
import { randomText } from "../protocol/random-text.ts";
import { numericDate } from "./signed-token.ts";

const TYP = "logout+jwt";
const EVENT = "http://schemas.openid.net/event/backchannel-logout";

/** §2.4 recommends at most two minutes. */
const TTL_SECONDS = 120;

export interface LogoutTokenRequest {
  readonly clientId: string;
  readonly subject: string;
  /** The client's name for the session. */
  readonly sid: string;
  /** One of the ring's: the client takes logout tokens as it takes ID tokens (§2.6). */
  readonly alg: string;
}

export type LogoutTokens = ReturnType<typeof logoutTokens>;

export const logoutTokens = ({
  issuer,
  ring,
}: {
  readonly issuer: string;
  readonly ring: Pick<KeyRing, "sign">;
}) => ({
  /** @throws KeysUnavailable */
  mint({ clientId, subject, sid, alg }: LogoutTokenRequest, now: Date): Promise<string> {
    const issuedAt = numericDate(now);
    return ring.sign(
      { typ: TYP, alg },
      {
        iss: issuer,
        aud: clientId,
        sub: subject,
        sid,
        iat: issuedAt,
        exp: issuedAt + TTL_SECONDS,
        jti: randomText(16),
        events: { [EVENT]: {} },
      },
    );
  },
});
