// The outbox: what somebody has to hear of is written in the transaction of the change itself, so that
// no crash comes between the two. Whoever sends one holds it for a moment; if that sender dies, the
// next one takes over: everything arrives at least once, or no longer matters.
import { z } from "zod";
import type { Database, Orm } from "../../../prisma/database.ts";
import { newIdentifier } from "../identifier.ts";
import { secondsAfter } from "../lifetimes.ts";
import { namedStatement } from "../named-statement.ts";
import { withoutNulls } from "../without-nulls.ts";
import type {
  ClaimedDelivery,
  KeyNoticeDelivery,
  LogoutDelivery,
  NewDelivery,
} from "./delivery.ts";

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
  kind: string;
  clientId: string;
  uri: string;
  payload: unknown;
  attempts: number;
}

/**
 * Takes what is due in one statement, a few for each client, so that one which never answers leaves
 * room for the others. A row that another replica is taking is skipped, one that it has taken is no
 * longer due.
 */
const claim = namedStatement<
  ClaimedRow,
  { now: Date; heldUntil: Date; most: number; each: number; busy: readonly string[] }
>(
  "outbox.claim",
  `WITH waiting AS MATERIALIZED (
     SELECT d."id", d."nextAttemptAt",
       CASE d."kind" WHEN 'logout-token' THEN c."backchannelLogoutUri" ELSE c."keyEventsUri" END
         AS "uri",
       row_number() OVER (PARTITION BY d."clientId" ORDER BY d."nextAttemptAt") AS "turn"
     FROM "Delivery" d JOIN "Client" c ON c."id" = d."clientId" AND c."disabledAt" IS NULL
     WHERE d."deliveredAt" IS NULL AND d."nextAttemptAt" <= :now::timestamptz
       AND d."expiresAt" > :now::timestamptz AND d."clientId" <> ALL (:busy::text[])
   ), due AS MATERIALIZED (
     SELECT d."id", waiting."uri" FROM "Delivery" d JOIN waiting ON waiting."id" = d."id"
     WHERE waiting."turn" <= :each::int AND waiting."uri" IS NOT NULL
       AND d."deliveredAt" IS NULL AND d."nextAttemptAt" <= :now::timestamptz
     ORDER BY d."nextAttemptAt" LIMIT :most::int
     FOR UPDATE OF d SKIP LOCKED
   )
   UPDATE "Delivery" d
   SET "nextAttemptAt" = :heldUntil::timestamptz, "attempts" = d."attempts" + 1
   FROM due WHERE d."id" = due."id"
   RETURNING d."id", d."kind", d."clientId", due."uri", d."payload", d."attempts"`,
);

export interface Room {
  /** How many may be attempted at once, in all. */
  readonly most: number;
  /** And of one client, unless it may take all there is. */
  readonly each?: number;
  /** Clients of which none is to be attempted now. */
  readonly busy?: readonly string[];
}

export type DeliveryStore = ReturnType<typeof deliveryStore>;

/** @param lifetimeSeconds  how long a key's notice is attempted before it no longer matters */
export const deliveryStore = (
  database: Database,
  { lifetimeSeconds }: { lifetimeSeconds: number },
) => ({
  /** Within the transaction of the change that has to be heard of. @param at  the time of that change */
  async put(orm: Orm, deliveries: readonly KeyNoticeDelivery[], at: Date): Promise<void> {
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
  async claim({ most, each = most, busy = [] }: Room, now: Date): Promise<ClaimedDelivery[]> {
    const heldUntil = secondsAfter(now, HELD_SECONDS);
    const rows = await database.sql(claim, claim.values({ now, heldUntil, most, each, busy }));
    return rows.map(({ id, clientId, uri, attempts, ...row }) => ({
      ...{ id, clientId, uri, attempt: attempts, heldUntil },
      ...contentOf(row),
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

const RevokedKeys = z.object({ revoked: z.array(z.string()) });
const EndedSignIn = z.object({ subject: z.string(), sid: z.string() });

type Content<Delivery extends NewDelivery> = Pick<Delivery, "kind" | "payload">;

const contentOf = ({
  kind,
  payload,
}: Pick<ClaimedRow, "kind" | "payload">): Content<KeyNoticeDelivery> | Content<LogoutDelivery> =>
  kind === "logout-token"
    ? { kind, payload: EndedSignIn.parse(payload) }
    : { kind: "key-notice", payload: RevokedKeys.parse(payload) };
