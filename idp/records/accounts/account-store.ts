// Accounts. Disabling one takes its access back as well, and is therefore `ending`'s.
import type { Database, Orm } from "../../../prisma/database.ts";
import { type Account as AccountRow, Prisma } from "../../../prisma/generated/client.ts";
import type { AuditKind, Cause } from "../audit/audit-event.ts";
import { causedBy, writeAudit } from "../audit/audit-store.ts";
import { newIdentifier } from "../identifier.ts";
import { asObject } from "../json.ts";
import { withoutNulls } from "../without-nulls.ts";
import { type Account, AccountExists, canonicalEmail } from "./account.ts";

export interface NewAccount {
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly passwordHash?: string;
  readonly isAdmin: boolean;
  readonly isKeyAdmin: boolean;
  readonly isDemo: boolean;
}

export type AccountStore = ReturnType<typeof accountStore>;

export const accountStore = (database: Database) => ({
  async find(id: string): Promise<Account | undefined> {
    return accountOf(await database.orm.account.findUnique({ where: { id } }));
  },

  /** By any spelling of the address. */
  async findByEmail(email: string): Promise<Account | undefined> {
    const emailKey = canonicalEmail(email);
    return accountOf(await database.orm.account.findUnique({ where: { emailKey } }));
  },

  /** @throws AccountExists when the address, in whatever spelling, is taken */
  async add(account: NewAccount, now: Date, cause: Cause): Promise<Account> {
    const { claims, ...columns } = account;
    const row = {
      id: newIdentifier(),
      ...columns,
      emailKey: canonicalEmail(account.email),
      claims: claims as Prisma.InputJsonObject,
      createdAt: now,
      updatedAt: now,
    };
    try {
      return await database.transaction(async (orm) => {
        const added = await orm.account.create({ data: row });
        await writeAudit(orm, auditOf("account.added", added.id, now, cause));
        return requireAccount(added);
      });
    } catch (error) {
      if (isDuplicate(error)) throw new AccountExists();
      throw error;
    }
  },

  /** In the order of their addresses. @param after  id of the last account already seen */
  async list(page: { limit: number; after?: string }): Promise<Account[]> {
    const rows = await database.orm.account.findMany({
      orderBy: { emailKey: "asc" },
      take: page.limit,
      ...(page.after !== undefined && { cursor: { id: page.after }, skip: 1 }),
    });
    return rows.map(requireAccount);
  },

  /** @returns false when there is no such account */
  setPassword(id: string, passwordHash: string, now: Date, cause: Cause): Promise<boolean> {
    return database.transaction((orm) => writePassword(orm, { id }, passwordHash, now, cause));
  },

  /** @returns false when it was not disabled */
  enable(id: string, now: Date, cause: Cause): Promise<boolean> {
    return database.transaction(async (orm) => {
      const { count } = await orm.account.updateMany({
        where: { id, disabledAt: { not: null } },
        data: { disabledAt: null },
      });
      if (count > 0) await writeAudit(orm, auditOf("account.enabled", id, now, cause));
      return count > 0;
    });
  },

  /**
   * Keeps the same password under stronger parameters (security P1). Changes nothing when the
   * password was changed meanwhile, and is no event: the person notices nothing.
   * @returns false when the hash was another one by then
   */
  async rehash(id: string, oldHash: string, newHash: string): Promise<boolean> {
    const { count } = await database.orm.account.updateMany({
      where: { id, passwordHash: oldHash },
      data: { passwordHash: newHash },
    });
    return count > 0;
  },

  /** Whether every account is one the demo made (none at all counts). */
  async holdsOnlyDemo(): Promise<boolean> {
    return (await database.orm.account.findFirst({ where: { isDemo: false } })) === null;
  },
});

/** Whose password it is, and what else must hold of the account. Null: it has none yet. */
export interface PasswordOwner {
  readonly id: string;
  readonly passwordHash?: string | null;
  readonly disabledAt?: null;
}

/** Within a transaction of the caller. `updatedAt` stays: no claim about the person has changed. */
export async function writePassword(
  orm: Orm,
  owner: PasswordOwner,
  passwordHash: string,
  now: Date,
  cause: Cause,
): Promise<boolean> {
  const { count } = await orm.account.updateMany({ where: owner, data: { passwordHash } });
  if (count > 0) await writeAudit(orm, auditOf("account.password-set", owner.id, now, cause));
  return count > 0;
}

const auditOf = (kind: AuditKind, accountId: string, at: Date, cause: Cause) => ({
  at,
  kind,
  outcome: "success" as const,
  accountId,
  ...causedBy(cause),
});

const accountOf = (row: AccountRow | null): Account | undefined =>
  row ? requireAccount(row) : undefined;

export function requireAccount(row: AccountRow): Account {
  const { emailKey: _, claims, ...columns } = row;
  return { ...withoutNulls(columns), claims: asObject(claims) };
}

const isDuplicate = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";
