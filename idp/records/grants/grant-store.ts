// Grants as seen by whoever holds an access token of theirs, and by those who list or end them.
import type { Database } from "../../../prisma/database.ts";
import type { AccountProfile } from "../accounts/account.ts";
import { type AccountColumns, accountColumns, profileOf } from "../accounts/account-columns.ts";
import { gathered } from "../gathered.ts";
import { type Lifetimes, secondsBefore } from "../lifetimes.ts";
import { type NamedStatement, namedStatement } from "../named-statement.ts";
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
type AskedTogether = { grantIds: readonly string[]; now: Date; idleSince: Date };

/** Of several grants those that count, with the id that each was asked for by. */
const selectLiveGrants = (columns: string): string => `
  SELECT asked."id" AS "asked", live.* FROM unnest(:grantIds::text[]) AS asked("id")
  CROSS JOIN LATERAL (${selectLiveGrant(columns, 'asked."id"')}) live`;

/** What introspection asks of every token: nothing of the row itself is wanted. */
const askWhetherLive = namedStatement<{ asked: string }, AskedTogether>(
  "grant.is_live",
  selectLiveGrants('1 AS "live"'),
);

type PersonRow = AccountColumns & { asked: string; claims: NamedClaims | null };

/** What UserInfo asks of every token. */
const findPersons = namedStatement<PersonRow, AskedTogether>(
  "grant.find_person",
  selectLiveGrants(`${accountColumns}, g."claims" AS "claims"`),
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

  /** Grants that are asked about in the same moment, in one statement, at the latest of their times. */
  const together = <Row extends { asked: string }>(statement: NamedStatement<Row, AskedTogether>) =>
    gathered(async (asked: readonly { grantId: string; now: Date }[]) => {
      const now = new Date(Math.max(...asked.map((one) => one.now.getTime())));
      const grantIds = [...new Set(asked.map(({ grantId }) => grantId))];
      const values = statement.values({ grantIds, now, idleSince: idleSince(now) });
      const rows = await database.sql(statement, values);
      const byId = new Map(rows.map((row) => [row.asked, row]));
      return asked.map(({ grantId }) => byId.get(grantId));
    });
  const findWhetherLive = together(askWhetherLive);
  const findPersonRow = together(findPersons);

  return {
    /** Whether a grant still counts. */
    isLive: async (grantId: string, now: Date): Promise<boolean> =>
      (await findWhetherLive({ grantId, now })) !== undefined,

    /** Whose grant it is, and the claims asked for by name, if it still counts and is a person's. */
    async findPerson(
      grantId: string,
      now: Date,
    ): Promise<{ account: AccountProfile; claims?: NamedClaims } | undefined> {
      const row = await findPersonRow({ grantId, now });
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
