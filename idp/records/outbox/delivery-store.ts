// The outbox: what somebody has to hear of is written in the transaction of the change itself, so that
// no crash comes between the two. Whoever sends one holds it for a moment; if that sender dies, the
// next one takes over: everything arrives at least once, or no longer matters.
import type { Database, Orm } from "../../../prisma/database.ts";
import { newIdentifier } from "../identifier.ts";
import { asObject } from "../json.ts";
import { secondsAfter } from "../lifetimes.ts";
import { namedStatement } from "../named-statement.ts";
import { withoutNulls } from "../without-nulls.ts";

/** What a site's kit is told of keys that were thrown out. */
export interface NewDelivery {
  readonly kind: "key-notice";
  readonly clientId: string;
  readonly payload: { readonly revoked: readonly string[] };
}

/** A delivery that this replica alone may attempt, for a moment. */
export interface ClaimedDelivery extends NewDelivery {
  readonly id: string;
  /** Where the client hears of key events. */
  readonly uri: string;
  /** 1 the first time. */
  readonly attempt: number;
  /** From then on another replica may attempt it. */
  readonly heldUntil: Date;
}

/** How far the notice of a revoked key has come at one client. */
export interface KeyNotice {
  readonly clientId: string;
  readonly deliveredAt?: Date;
  readonly attempts: number;
  readonly expiresAt: Date;
  /** Why the last attempt failed. */
  readonly problem?: string;
}

/** Longer than an attempt takes, and short enough to wait for when a sender has died. */
const HELD_SECONDS = 10;

interface ClaimedRow {
  id: string;
  clientId: string;
  uri: string;
  payload: unknown;
  attempts: number;
}

/**
 * Takes what is due in one statement: a row that another replica is taking is skipped, one that it
 * has taken is no longer due.
 */
const claim = namedStatement<ClaimedRow, { now: Date; heldUntil: Date; most: number }>(
  "outbox.claim",
  `WITH due AS MATERIALIZED (
     SELECT d."id", c."keyEventsUri" AS "uri" FROM "Delivery" d
     JOIN "Client" c ON c."id" = d."clientId"
     WHERE d."deliveredAt" IS NULL AND d."nextAttemptAt" <= :now::timestamptz
       AND d."expiresAt" > :now::timestamptz AND d."kind" = 'key-notice'
       AND c."keyEventsUri" IS NOT NULL AND c."disabledAt" IS NULL
     ORDER BY d."nextAttemptAt" LIMIT :most::int
     FOR UPDATE OF d SKIP LOCKED
   )
   UPDATE "Delivery" d
   SET "nextAttemptAt" = :heldUntil::timestamptz, "attempts" = d."attempts" + 1
   FROM due WHERE d."id" = due."id"
   RETURNING d."id", d."clientId", due."uri", d."payload", d."attempts"`,
);

export type DeliveryStore = ReturnType<typeof deliveryStore>;

/** @param lifetimeSeconds  how long a delivery is attempted before it no longer matters */
export const deliveryStore = (
  database: Database,
  { lifetimeSeconds }: { lifetimeSeconds: number },
) => ({
  /** Within the transaction of the change that has to be heard of. @param at  the time of that change */
  async put(orm: Orm, deliveries: readonly NewDelivery[], at: Date): Promise<void> {
    await orm.delivery.createMany({
      data: deliveries.map(({ kind, clientId, payload }) => ({
        id: newIdentifier(),
        kind,
        clientId,
        payload: { revoked: [...payload.revoked] },
        createdAt: at,
        nextAttemptAt: at,
        expiresAt: secondsAfter(at, lifetimeSeconds),
      })),
    });
  },

  /** What is due, to be attempted by whoever asked and by nobody else for some seconds. */
  async claim(most: number, now: Date): Promise<ClaimedDelivery[]> {
    const heldUntil = secondsAfter(now, HELD_SECONDS);
    const rows = await database.sql(claim, claim.values({ now, heldUntil, most }));
    return rows.map(({ id, clientId, uri, payload, attempts }) => ({
      id,
      kind: "key-notice",
      clientId,
      uri,
      payload: { revoked: revokedIn(payload) },
      attempt: attempts,
      heldUntil,
    }));
  },

  /** It has arrived, whoever may have attempted it since. */
  async delivered({ id }: ClaimedDelivery, now: Date): Promise<void> {
    await database.orm.delivery.updateMany({
      where: { id, deliveredAt: null },
      data: { deliveredAt: now, problem: null },
    });
  },

  /** It has not. Says nothing of an attempt that another replica has begun since. */
  async failed(
    { id, attempt }: ClaimedDelivery,
    { problem, nextAttemptAt }: { problem: string; nextAttemptAt: Date },
  ): Promise<void> {
    await database.orm.delivery.updateMany({
      where: { id, attempts: attempt, deliveredAt: null },
      data: { problem, nextAttemptAt },
    });
  },

  /** To whom the revocation of a key was announced, and how that went. */
  async noticesOf(kid: string): Promise<KeyNotice[]> {
    const rows = await database.orm.delivery.findMany({
      where: { kind: "key-notice", payload: { path: ["revoked"], array_contains: [kid] } },
      orderBy: [{ clientId: "asc" }, { createdAt: "asc" }],
      select: {
        clientId: true,
        deliveredAt: true,
        attempts: true,
        expiresAt: true,
        problem: true,
      },
    });
    return rows.map(withoutNulls);
  },
});

function revokedIn(payload: unknown): string[] {
  const { revoked } = asObject(payload);
  return Array.isArray(revoked) ? revoked.filter((kid) => typeof kid === "string") : [];
}
