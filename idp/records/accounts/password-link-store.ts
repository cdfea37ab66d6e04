// Single-use links to set a password, which is how the first administrator appears (security P9).
import type { Database, Orm } from "../../../prisma/database.ts";
import { hashOf, isCredential, newCredential } from "../../protocol/credential.ts";
import type { Cause } from "../audit/audit-event.ts";
import { causedBy, writeAudit } from "../audit/audit-store.ts";
import { secondsAfter } from "../lifetimes.ts";
import type { Account } from "./account.ts";
import { requireAccount } from "./account-store.ts";

export type PasswordLinkStore = ReturnType<typeof passwordLinkStore>;

export const passwordLinkStore = (database: Database) => ({
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
});

/**
 * Within a transaction that holds the account's row. Of several concurrent calls exactly one is told
 * true; the account's other links end with it.
 */
export async function spendLink(
  orm: Orm,
  { link, accountId }: { link: string; accountId: string },
  now: Date,
): Promise<boolean> {
  if (!isCredential("password-link", link)) return false;
  const { count } = await orm.passwordLink.updateMany({
    where: { ...usable(link, now), accountId },
    data: { usedAt: now },
  });
  if (count > 0) await closeLinks(orm, accountId, now);
  return count > 0;
}

/** A password chosen meanwhile is not to be replaced by a link that was sent before. */
export async function closeLinks(orm: Orm, accountId: string, now: Date): Promise<void> {
  await orm.passwordLink.updateMany({ where: { accountId, usedAt: null }, data: { usedAt: now } });
}

const usable = (link: string, now: Date) => ({
  linkHash: hashOf(link),
  usedAt: null,
  expiresAt: { gt: now },
  account: { disabledAt: null },
});
