// Single-use links to set a password, which is how the first administrator appears (security P9).
import type { Database } from "../../../prisma/database.ts";
import { hashOf, isCredential, newCredential } from "../../protocol/credential.ts";
import type { Cause } from "../audit/audit-event.ts";
import { causedBy, writeAudit } from "../audit/audit-store.ts";
import { secondsAfter } from "../lifetimes.ts";
import type { Account } from "./account.ts";
import { requireAccount, writePassword } from "./account-store.ts";

export type PasswordLinkStore = ReturnType<typeof passwordLinkStore>;

export const passwordLinkStore = (database: Database) => {
  const usable = (link: string, now: Date) => ({
    linkHash: hashOf(link),
    usedAt: null,
    expiresAt: { gt: now },
    account: { disabledAt: null },
  });

  return {
    /** @returns the secret part of the link, shown this once */
    create(accountId: string, now: Date, ttlSeconds: number, cause: Cause): Promise<string> {
      const link = newCredential("password-link");
      const expiresAt = secondsAfter(now, ttlSeconds);
      return database.transaction(async (orm) => {
        await orm.passwordLink.create({
          data: { linkHash: hashOf(link), accountId, createdAt: now, expiresAt },
        });
        await writeAudit(orm, {
          at: now,
          kind: "account.password-link-made",
          outcome: "success",
          accountId,
          ...causedBy(cause),
        });
        return link;
      });
    },

    /** Whose link it is, while it can be used. */
    async find(link: string, now: Date): Promise<Account | undefined> {
      if (!isCredential("password-link", link)) return undefined;
      const row = await database.orm.passwordLink.findFirst({
        where: usable(link, now),
        include: { account: true },
      });
      return row ? requireAccount(row.account) : undefined;
    },

    /**
     * Sets the password. Of several concurrent calls exactly one is told true; the account's other
     * links end with it.
     */
    use(link: string, passwordHash: string, now: Date, cause: Cause): Promise<boolean> {
      if (!isCredential("password-link", link)) return Promise.resolve(false);
      return database.transaction(async (orm) => {
        const [used] = await orm.passwordLink.updateManyAndReturn({
          where: usable(link, now),
          data: { usedAt: now },
          select: { accountId: true },
        });
        if (!used) return false;
        const { accountId } = used;
        await orm.passwordLink.updateMany({
          where: { accountId, usedAt: null },
          data: { usedAt: now },
        });
        return writePassword(orm, accountId, passwordHash, now, cause);
      });
    },
  };
};
