// The statements by which a password changes hands, within one transaction with those by which all other
// access ends. In this order: account, links, sessions, grants, as wherever access ends.
import type { Database, Orm } from "../../prisma/database.ts";
import { hashOf } from "../protocol/credential.ts";
import type { Account } from "../records/accounts/account.ts";
import { writePassword } from "../records/accounts/account-store.ts";
import { closeLinks, spendLink } from "../records/accounts/password-link-store.ts";
import type { Cause } from "../records/audit/audit-event.ts";
import { type Ending, endingWithin } from "./ending-store.ts";

type PasswordChanging = Ending & ReturnType<typeof changingWithin>;

export const passwordChangeStore = (database: Database) => ({
  transaction: <T>(work: (changing: PasswordChanging) => Promise<T>): Promise<T> =>
    database.transaction((orm) => work({ ...endingWithin(orm), ...changingWithin(orm) })),
});

const changingWithin = (orm: Orm) => ({
  /** @returns false when the account was disabled meanwhile */
  setPassword: (accountId: string, hash: string, now: Date, cause: Cause): Promise<boolean> =>
    writePassword(orm, { id: accountId, disabledAt: null }, hash, now, cause),

  /** @returns false when it was disabled, or has another password than the one that was looked at */
  replacePassword: (
    { id, passwordHash }: Pick<Account, "id" | "passwordHash">,
    hash: string,
    now: Date,
    cause: Cause,
  ): Promise<boolean> =>
    // Absent is null here: Prisma would take undefined for "any password".
    writePassword(
      orm,
      { id, passwordHash: passwordHash ?? null, disabledAt: null },
      hash,
      now,
      cause,
    ),

  spendLink: (link: { link: string; accountId: string }, now: Date): Promise<boolean> =>
    spendLink(orm, link, now),

  closeLinks: (accountId: string, now: Date): Promise<void> => closeLinks(orm, accountId, now),

  /**
   * The session goes on under another cookie; the one before is dead (security S2).
   * @returns false when it has ended, or goes by another cookie already
   */
  async renewSession(
    { id, accountId, secret }: { id: string; accountId: string; secret: string },
    newSecret: string,
    now: Date,
  ): Promise<boolean> {
    const { count } = await orm.session.updateMany({
      where: { id, accountId, secretHash: hashOf(secret), endedAt: null, expiresAt: { gt: now } },
      data: { secretHash: hashOf(newSecret) },
    });
    return count > 0;
  },
});
