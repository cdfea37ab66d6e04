// Authorization codes (RFC 6749 §4.1.2-3). A code is spent by the one statement that also stores what
// it is spent for, so that of any number of redemptions one succeeds (security E1).
import type { Database } from "../../../prisma/database.ts";
import { hashOf, isCredential } from "../../protocol/credential.ts";
import { namedStatement } from "../named-statement.ts";
import {
  type Redeemed,
  type RedemptionLifetimes,
  type RedemptionRow,
  type RedemptionValues,
  redeemedOf,
  redeeming,
  redemptionValues,
} from "./redemption.ts";

/** Everything a code is bound to (security E3, E4). */
export interface CodeBinding {
  readonly code: string;
  readonly clientId: string;
  readonly redirectUri: string;
  /** S256 of the verifier that the client sent (RFC 7636 §4.6), if it sent one. */
  readonly codeChallenge?: string | undefined;
  /** The one resource that tokens are asked for, if any is named: it has to be the grant's. */
  readonly resource?: string | undefined;
}

export interface Redemption extends CodeBinding {
  /** Becomes the first refresh token, if this grant is of the kind that has any. */
  readonly refreshToken: string;
}

export type CodeRefusal =
  | { kind: "unknown" }
  | { kind: "wrong-client"; grantId: string }
  | { kind: "wrong-redirect"; grantId: string }
  | { kind: "wrong-verifier"; grantId: string }
  /** Spent before, and now presented by its own client with all it is bound to. */
  | { kind: "replayed"; grantId: string; accountId?: string; sessionId?: string }
  | { kind: "expired"; grantId: string }
  /** The code is good, but what it was issued for does not include the resource. */
  | { kind: "unauthorized-resource"; grantId: string }
  /** The grant, its session, account or client has ended. */
  | { kind: "ended"; grantId: string };

const redeemOnce = namedStatement<
  RedemptionRow,
  RedemptionValues & { redirectUri: string; codeChallenge: string | null }
>(
  "code.redeem",
  redeeming("AuthorizationCode", "codeHash", {
    ofCode: `k."redirectUri" = :redirectUri
       AND k."codeChallenge" IS NOT DISTINCT FROM :codeChallenge::text`,
    ofClient: `(:codeChallenge::text IS NOT NULL OR c."tokenEndpointAuthMethod" <> 'none')`,
  }),
);

interface CodeRow {
  grantId: string;
  clientId: string;
  accountId: string | null;
  sessionId: string | null;
  redirectUri: string;
  codeChallenge: string | null;
  resources: string[];
  expiresAt: Date;
  usedAt: Date | null;
}

const findCode = namedStatement<CodeRow, { codeHash: string }>(
  "code.explain",
  `SELECT k."grantId", g."clientId", g."accountId", g."sessionId", k."redirectUri",
     k."codeChallenge", g."resources", k."expiresAt", k."usedAt"
   FROM "AuthorizationCode" k JOIN "Grant" g ON g."id" = k."grantId"
   WHERE k."codeHash" = :codeHash`,
);

export type CodeStore = ReturnType<typeof codeStore>;

export const codeStore = (database: Database, lifetimes: RedemptionLifetimes) => ({
  /**
   * Spends a code, in one statement that asks for everything: the binding, its age, and that grant,
   * session, account and client still count.
   * @returns undefined when any of that fails, having changed nothing; `explain` says what
   */
  async redeem(redemption: Redemption, now: Date): Promise<Redeemed | undefined> {
    if (!isCredential("code", redemption.code)) return undefined;
    const [row] = await database.sql(
      redeemOnce,
      redeemOnce.values({
        ...redemptionValues(redemption, lifetimes, now),
        redirectUri: redemption.redirectUri,
        codeChallenge: redemption.codeChallenge ?? null,
      }),
    );
    return row && redeemedOf(row);
  },

  /** Why `redeem` returned nothing. Changes nothing: revoking a replayed code's grant is `ending`'s. */
  async explain(binding: CodeBinding, now: Date): Promise<CodeRefusal> {
    if (!isCredential("code", binding.code)) return { kind: "unknown" };
    const codeHash = hashOf(binding.code);
    const [row] = await database.sql(findCode, findCode.values({ codeHash }));
    return row ? refusalOf(row, binding, now) : { kind: "unknown" };
  },
});

/**
 * A spent code counts as replayed only when everything it is bound to comes with it: else whoever
 * saw a code in a log could end a person's access (security E2).
 */
function refusalOf(code: CodeRow, binding: CodeBinding, now: Date): CodeRefusal {
  const { grantId, accountId, sessionId } = code;
  const { resource } = binding;
  if (code.clientId !== binding.clientId) return { kind: "wrong-client", grantId };
  if (code.redirectUri !== binding.redirectUri) return { kind: "wrong-redirect", grantId };
  if (code.codeChallenge !== (binding.codeChallenge ?? null))
    return { kind: "wrong-verifier", grantId };
  if (code.usedAt) {
    return {
      kind: "replayed",
      grantId,
      ...(accountId !== null && { accountId }),
      ...(sessionId !== null && { sessionId }),
    };
  }
  if (code.expiresAt <= now) return { kind: "expired", grantId };
  if (resource !== undefined && !code.resources.includes(resource)) {
    return { kind: "unauthorized-resource", grantId };
  }
  return { kind: "ended", grantId };
}
