// Whether somebody is who they say, by password. Unknown, disabled and wrong are one answer, after one
// hash each (security P6); an attempt is reserved before that hash (P7).

import { LRUCache } from "lru-cache";
import type { AuditEvent, Cause } from "../audit/audit-event.ts";
import type { AuditStore } from "../audit/audit-store.ts";
import { type Account, canonicalEmail } from "./account.ts";
import type { AccountStore } from "./account-store.ts";
import { addressKey } from "./network-address.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import type { SignInThrottleStore } from "./sign-in-throttle-store.ts";

export interface AuthenticateDeps {
  readonly accounts: Pick<AccountStore, "find" | "findByEmail" | "rehash">;
  readonly throttle: SignInThrottleStore;
  readonly hasher: Pick<PasswordHasher, "hash" | "verify">;
  readonly audit: Pick<AuditStore, "record">;
}

export type AuthenticationResult =
  | { kind: "authenticated"; account: Account }
  | { kind: "refused" }
  | { kind: "throttled"; retryAfterSeconds: number };

/** @throws Overloaded before any hashing, when the lane is full; nothing is counted then */
export type AuthenticatePassword = (
  email: string,
  password: string,
  address: string,
  now: Date,
  cause: Cause,
) => Promise<AuthenticationResult>;

/** A flood of throttled attempts writes one audit row in this time, not one each. */
const SILENCE_MS = 60_000;
const REMEMBERED_FLOODS = 10_000;

export function authenticatePassword(deps: AuthenticateDeps): AuthenticatePassword {
  const { accounts, throttle, hasher, audit } = deps;
  const floods = new LRUCache<string, number>({ max: REMEMBERED_FLOODS });

  async function recordThrottled(flood: string, event: AuditEvent): Promise<void> {
    const last = floods.get(flood);
    const at = event.at.getTime();
    if (last !== undefined && Math.abs(at - last) < SILENCE_MS) return;
    floods.set(flood, at);
    await audit.record(event);
  }

  return async (email, password, address, now, cause) => {
    const emailKey = canonicalEmail(email);
    const event = {
      at: now,
      outcome: "refused",
      actor: cause.actor,
      ...(cause.requestId !== undefined && { requestId: cause.requestId }),
    } as const;

    const attempt = await throttle.reserve({ emailKey, address }, now);
    if (attempt.kind === "throttled") {
      const { retryAfterSeconds } = attempt;
      await recordThrottled(`${emailKey}\0${addressKey(address)}`, {
        ...event,
        kind: "sign-in.throttled",
        details: { retryAfterSeconds },
      });
      return { kind: "throttled", retryAfterSeconds };
    }

    let account: Account | undefined;
    let verdict: { ok: boolean; needsRehash: boolean };
    try {
      account = await accounts.findByEmail(email);
      verdict = await hasher.verify(account?.passwordHash, password);
    } catch (error) {
      // Nothing was tried: an overload or an outage must not lock anybody out.
      await attempt.cancel().catch(() => {});
      throw error;
    }

    if (!account || account.disabledAt || !verdict.ok) {
      await audit.record({
        ...event,
        kind: "sign-in.refused",
        // Not the address that was typed: it may be a password in the wrong field (G1).
        ...(account && { accountId: account.id }),
        reason: account?.disabledAt ? "disabled" : account ? "wrong password" : "unknown account",
      });
      return { kind: "refused" };
    }

    await attempt.giveBack();
    if (verdict.needsRehash) account = await strengthened(account, password);
    return { kind: "authenticated", account };
  };

  /**
   * The account under a stronger hash. Best effort: the next sign-in tries again. Where the hash has
   * changed meanwhile, another sign-in of the same person may have been first: it is asked anew.
   */
  async function strengthened(account: Account, password: string): Promise<Account> {
    const { id, passwordHash: weaker } = account;
    if (weaker === undefined) return account;
    try {
      const passwordHash = await hasher.hash(password);
      if (await accounts.rehash(id, weaker, passwordHash)) return { ...account, passwordHash };
      const current = await accounts.find(id);
      const isSame = (await hasher.verify(current?.passwordHash, password)).ok;
      return current && isSame ? current : account;
    } catch {
      // The person is signed in either way.
      return account;
    }
  }
}
