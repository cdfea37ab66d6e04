// What a site's kit is told of signing keys, as JWTs of two types of their own: a probe, which changes
// nothing, and a notice, which names keys that were thrown out. Each attempt carries a fresh one.
import { type KeyRing, KeysUnavailable } from "../../keys/key-ring.ts";
import { randomText } from "../protocol/random-text.ts";
import { numericDate } from "./signed-token.ts";

const PROBE_TYP = "key-probe+jwt";
const NOTICE_TYP = "key-notice+jwt";

const TTL_SECONDS = 60;

export interface KeyEventTokenDeps {
  readonly issuer: string;
  readonly ring: Pick<KeyRing, "sign" | "signProbe" | "activeKid">;
}

export type KeyEventTokens = ReturnType<typeof keyEventTokens>;

export function keyEventTokens({ issuer, ring }: KeyEventTokenDeps) {
  const claims = (clientId: string, now: Date) => {
    const issuedAt = numericDate(now);
    return {
      iss: issuer,
      aud: clientId,
      iat: issuedAt,
      exp: issuedAt + TTL_SECONDS,
      jti: randomText(16),
    };
  };

  return {
    /**
     * Signed by the pending key of an algorithm, which signs nothing else yet.
     * @throws KeysUnavailable
     */
    probe: (clientId: string, alg: string, now: Date): Promise<{ token: string; kid: string }> =>
      ring.signProbe({ typ: PROBE_TYP, alg }, claims(clientId, now)),

    /**
     * Signed by the key that replaced the revoked ones: nobody believes a key that speaks of its own end.
     * @throws KeysUnavailable also while this replica has not met that key yet
     */
    async notice(clientId: string, revoked: readonly string[], now: Date): Promise<string> {
      if (revoked.includes(ring.activeKid))
        throw new KeysUnavailable("the key that signs here is one of those that were revoked");
      return ring.sign({ typ: NOTICE_TYP }, { ...claims(clientId, now), revoked });
    },
  };
}
