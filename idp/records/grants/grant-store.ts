// Grants as seen by whoever holds an access token of theirs, and by those who list or end them.
import type { Database } from "../../../prisma/database.ts";
import type { AccountProfile } from "../accounts/account.ts";
import { type AccountColumns, accountColumns, profileOf } from "../accounts/account-columns.ts";
import { type Lifetimes, secondsBefore } from "../lifetimes.ts";
import { namedStatement } from "../named-statement.ts";
import type { Grant, NamedClaims } from "./grant.ts";
import {
  type GrantColumns,
  grantColumns,
  grantCounts,
  grantOf,
  joinedGrant,
  selectLiveGrant,
} from "./grant-columns.ts";

type Row = GrantColumns & AccountColumns;

type Asked = { grantId: string; now: Date; idleSince: Date };

/** What introspection asks of every token: nothing of the row itself is wanted. */
const askWhetherLive = namedStatement<{ live: number }, Asked>(
  "grant.is_live",
  selectLiveGrant('1 AS "live"'),
);

/** What UserInfo asks of every token. */
const findPerson = namedStatement<AccountColumns & { claims: NamedClaims | null }, Asked>(
  "grant.find_person",
  selectLiveGrant(`${accountColumns}, g."claims" AS "claims"`),
);

const findOne = namedStatement<Row, Asked>(
  "grant.find_live",
  selectLiveGrant(`${grantColumns}, ${accountColumns}`),
);

const listLive = namedStatement<GrantColumns, { accountId: string; now: Date; idleSince: Date }>(
  "grant.list_live",
  `SELECT ${grantColumns} ${joinedGrant}
   WHERE g."accountId" = :accountId AND ${grantCounts}
   ORDER BY g."lastUsedAt" DESC, g."id"`,
);

export type GrantStore = ReturnType<typeof grantStore>;

export const grantStore = (
  database: Database,
  lifetimes: Pick<Lifetimes, "sessionIdleSeconds">,
) => {
  const idleSince = (now: Date) => secondsBefore(now, lifetimes.sessionIdleSeconds);

  return {
    /** Whether a grant still counts. */
    async isLive(grantId: string, now: Date): Promise<boolean> {
      const values = askWhetherLive.values({ grantId, now, idleSince: idleSince(now) });
      const rows = await database.sql(askWhetherLive, values);
      return rows.length > 0;
    },

    /** Whose grant it is, and the claims asked for by name, if it still counts and is a person's. */
    async findPerson(
      grantId: string,
      now: Date,
    ): Promise<{ account: AccountProfile; claims?: NamedClaims } | undefined> {
      const values = findPerson.values({ grantId, now, idleSince: idleSince(now) });
      const [row] = await database.sql(findPerson, values);
      if (!row || row.account_id === null) return undefined;
      const { account_id, claims } = row;
      return { account: profileOf({ ...row, account_id }), ...(claims && { claims }) };
    },

    /** A grant that still counts, with its account unless the client acts for itself. One statement. */
    async findLive(
      grantId: string,
      now: Date,
    ): Promise<{ grant: Grant; account?: AccountProfile } | undefined> {
      const [row] = await database.sql(
        findOne,
        findOne.values({ grantId, now, idleSince: idleSince(now) }),
      );
      if (!row) return undefined;
      const { account_id } = row;
      return {
        grant: grantOf(row),
        ...(account_id !== null && { account: profileOf({ ...row, account_id }) }),
      };
    },

    /** What of the account still counts, the last used first. */
    async listForAccount(accountId: string, now: Date): Promise<Grant[]> {
      const rows = await database.sql(
        listLive,
        listLive.values({ accountId, now, idleSince: idleSince(now) }),
      );
      return rows.map(grantOf);
    },
  };
};
