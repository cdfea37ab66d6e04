// A new password, and the end of all other access, in one transaction: whoever knew the old one, or holds
// anything it opened, is out at the moment the new one counts (security P8, ASVS 7.4.3).
import type { Database } from "../../prisma/database.ts";
import { newCredential } from "../protocol/credential.ts";
import type { Account } from "../records/accounts/account.ts";
import type { Cause } from "../records/audit/audit-event.ts";
import { endWithin } from "./end-access.ts";
import { passwordChangeStore } from "./password-change-store.ts";

export interface ChangePasswordDeps {
  readonly database: Database;
  /** Sends what was put into the outbox, as soon as it is committed. */
  readonly wake: () => void;
}

export interface ProvenBySession {
  /** As it was when the current password was looked at. */
  readonly account: Pick<Account, "id" | "passwordHash">;
  readonly session: { readonly id: string; readonly secret: string };
}

export type ChangePassword = ReturnType<typeof changePassword>;

export function changePassword({ database, wake }: ChangePasswordDeps) {
  const store = passwordChangeStore(database);

  /** What did not hold any more rolls all of it back. */
  async function allOrNothing<T>(change: () => Promise<T>): Promise<T | undefined> {
    try {
      const changed = await change();
      wake();
      return changed;
    } catch (error) {
      if (error instanceof NoLonger) return undefined;
      throw error;
    }
  }

  return {
    /**
     * By somebody who is signed in and has just given the current password. Their session goes on.
     * @returns its new cookie; undefined when session, password or account changed meanwhile
     */
    inSession(
      { account, session }: ProvenBySession,
      passwordHash: string,
      now: Date,
      cause: Cause,
    ): Promise<string | undefined> {
      const secret = newCredential("session");
      const accountId = account.id;
      const others = { kind: "sessions-of", accountId, except: session.id } as const;
      return allOrNothing(() =>
        store.transaction(async (changing) => {
          mustHold(await changing.replacePassword(account, passwordHash, now, cause));
          await changing.closeLinks(accountId, now);
          mustHold(await changing.renewSession({ ...session, accountId }, secret, now));
          await endWithin(changing, others, { reason: "password-changed", now, cause });
          return secret;
        }),
      );
    },

    /**
     * By whoever holds a link. No session survives: the old password may have been somebody else's.
     * @returns false when the link cannot be used; of several concurrent calls one is told true
     */
    async byLink(
      link: { link: string; accountId: string },
      passwordHash: string,
      now: Date,
      cause: Cause,
    ): Promise<boolean> {
      const { accountId } = link;
      const all = { kind: "sessions-of", accountId } as const;
      const changed = await allOrNothing(() =>
        store.transaction(async (changing) => {
          mustHold(await changing.setPassword(accountId, passwordHash, now, cause));
          mustHold(await changing.spendLink(link, now));
          await endWithin(changing, all, { reason: "password-changed", now, cause });
          return true;
        }),
      );
      return changed ?? false;
    },
  };
}

class NoLonger extends Error {}

function mustHold(holds: boolean): void {
  if (!holds) throw new NoLonger();
}
