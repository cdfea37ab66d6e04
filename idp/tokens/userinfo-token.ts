// UserInfo as a signed JWT (OpenID Connect Core §5.3.2), for clients that registered for it. Its type keeps it
// from being taken for any other token of ours (RFC 8725 §3.11).
import type { KeyRing } from "../../keys/key-ring.ts";
import { numericDate } from "./signed-token.ts";

const TYP = "userinfo+jwt";

export type UserinfoTokens = ReturnType<typeof userinfoTokens>;

export const userinfoTokens = ({
  issuer,
  ring,
}: {
  readonly issuer: string;
  readonly ring: Pick<KeyRing, "sign">;
}) => ({
  /**
   * @param claims  about the person, `sub` among them; they cannot displace the token's own
   * @throws KeysUnavailable
   */
  mint: (
    claims: Readonly<Record<string, unknown>>,
    { clientId, alg }: { clientId: string; alg: string },
    now: Date,
  ): Promise<string> =>
    ring.sign({ typ: TYP, alg }, { ...claims, iss: issuer, aud: clientId, iat: numericDate(now) }),
});
