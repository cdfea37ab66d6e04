// The one standing grant of a client that acts for itself (RFC 6749 §4.4), per resource and scopes:
// its tokens hang on a grant like all others, at no statement per token.
import { LRUCache } from "lru-cache";
import type { Database } from "../../../prisma/database.ts";
import { newIdentifier } from "../identifier.ts";
import { type Lifetimes, secondsAfter } from "../lifetimes.ts";
import { namedStatement } from "../named-statement.ts";

/** A grant that was revoked elsewhere is used on for this long at most, and then made anew. */
const REMEMBERED_SECONDS = 15;
const REMEMBERED_GRANTS = 10_000;

export interface StandingGrantKey {
  readonly clientId: string;
  /** Absent: the issuer's own audience. */
  readonly resource?: string | undefined;
  readonly scopes: readonly string[];
}

export interface StandingGrant {
  readonly id: string;
  readonly statusNumber: number;
}

/** Revoking a standing grant frees its key, so the next one is a new grant. */
const requireOne = namedStatement<
  StandingGrant,
  {
    id: string;
    clientId: string;
    standingKey: string;
    scopes: readonly string[];
    resources: readonly string[];
    now: Date;
    expiresAt: Date;
  }
>(
  "standing_grant.require",
  `WITH enabled AS (
     SELECT "id" FROM "Client" WHERE "id" = :clientId AND "disabledAt" IS NULL FOR SHARE
   )
   INSERT INTO "Grant" ("id", "clientId", "kind", "scopes", "resources", "standingKey", "amr",
     "createdAt", "lastUsedAt", "expiresAt")
   SELECT :id, enabled."id", 'client', :scopes::text[], :resources::text[], :standingKey, '{}',
     :now::timestamptz, :now::timestamptz, :expiresAt::timestamptz
   FROM enabled
   ON CONFLICT ("standingKey") DO UPDATE
     SET "lastUsedAt" = EXCLUDED."lastUsedAt", "expiresAt" = EXCLUDED."expiresAt"
   RETURNING "id", "statusNumber"`,
);

export type StandingGrantStore = ReturnType<typeof standingGrantStore>;

export function standingGrantStore(
  database: Database,
  lifetimes: Pick<Lifetimes, "offlineAbsoluteSeconds">,
) {
  const remembered = new LRUCache<string, { grant: StandingGrant; until: Date }>({
    max: REMEMBERED_GRANTS,
  });

  return {
    /**
     * The standing grant, made if there is none. No statement when asked again soon.
     * @returns undefined when the client is disabled or gone
     */
    async require(key: StandingGrantKey, now: Date): Promise<StandingGrant | undefined> {
      const standingKey = keyOf(key);
      const known = remembered.get(standingKey);
      if (known && known.until > now) return known.grant;

      const [row] = await database.sql(
        requireOne,
        requireOne.values({
          id: newIdentifier(),
          clientId: key.clientId,
          standingKey,
          scopes: key.scopes,
          resources: key.resource === undefined ? [] : [key.resource],
          now,
          expiresAt: secondsAfter(now, lifetimes.offlineAbsoluteSeconds),
        }),
      );
      if (row)
        remembered.set(standingKey, { grant: row, until: secondsAfter(now, REMEMBERED_SECONDS) });
      else remembered.delete(standingKey);
      return row;
    },

    /** After ending access here, so that this replica makes a new grant at once. */
    forget: () => remembered.clear(),
  };
}

const keyOf = ({ clientId, resource, scopes }: StandingGrantKey): string =>
  JSON.stringify([clientId, resource ?? null, [...new Set(scopes)].sort()]);
