// Devices that wait for somebody to allow them elsewhere (RFC 8628). Both of their codes are secrets and kept
// as hashes; each step is one conditional statement, so that one answer counts and one poll is given tokens.
import type { Database } from "../../../prisma/database.ts";
import { hashOf, isCredential } from "../../protocol/credential.ts";
import { addressKey } from "../accounts/network-address.ts";
import { newIdentifier } from "../identifier.ts";
import { type Lifetimes, secondsAfter } from "../lifetimes.ts";
import { namedStatement } from "../named-statement.ts";
import {
  type GrantLifetimes,
  grantToPerson,
  type PersonAuthorization,
  type PersonGrantValues,
  personGrantValues,
} from "./person-grant-sql.ts";
import {
  type Redeemed,
  type RedemptionLifetimes,
  type RedemptionRow,
  type RedemptionValues,
  redeemedOf,
  redeeming,
  redemptionValues,
} from "./redemption.ts";

/** What a device asks for. */
export interface DeviceRequest {
  readonly codeHash: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly resources: readonly string[];
}

/** Why a device gets nothing yet, or nothing at all (RFC 8628 §3.5). */
export type DevicePoll =
  | { kind: "unknown" }
  | { kind: "wrong-client" }
  | { kind: "pending" }
  | { kind: "too-early" }
  | { kind: "denied" }
  | { kind: "expired" }
  /** It has had its tokens. */
  | { kind: "replayed"; grantId: string }
  /** Allowed, and the grant, its session, account or client has ended; or not for this resource. */
  | { kind: "ended" };

/** Between two questions (RFC 8628 §3.2), and what each one that comes too early adds to it (§3.5). */
export const POLL_SECONDS = 5;
const SLOW_DOWN_SECONDS = 5;
/** Clocks and networks are not exact: a device that keeps to the interval is never too early. */
const EARLY_BY_SECONDS = 1;

/**
 * Waiting at once for one client, and of those from one place; the oldest makes room, and a place that
 * asks too much pushes out its own. An office may stand behind one address.
 */
const MOST_WAITING = 5_000;
const MOST_WAITING_AT_ONE_PLACE = 100;

const issueOne = namedStatement<
  { codeHash: string },
  {
    codeHash: string;
    userCodeHash: string;
    clientId: string;
    scopes: readonly string[];
    resources: readonly string[];
    placeHash: string;
    intervalSeconds: number;
    now: Date;
    expiresAt: Date;
  }
>(
  "device_code.issue",
  `WITH forgotten AS (
     DELETE FROM "DeviceCode" WHERE "codeHash" IN (
       (SELECT "codeHash" FROM "DeviceCode" WHERE "clientId" = :clientId AND "answer" IS NULL
        ORDER BY "createdAt" DESC, "codeHash" DESC OFFSET ${MOST_WAITING - 1})
       UNION
       (SELECT "codeHash" FROM "DeviceCode"
        WHERE "clientId" = :clientId AND "placeHash" = :placeHash AND "answer" IS NULL
        ORDER BY "createdAt" DESC, "codeHash" DESC OFFSET ${MOST_WAITING_AT_ONE_PLACE - 1})
     )
   )
   INSERT INTO "DeviceCode" ("codeHash", "userCodeHash", "clientId", "scopes", "resources",
     "placeHash", "intervalSeconds", "createdAt", "expiresAt")
   VALUES (:codeHash, :userCodeHash, :clientId, :scopes::text[], :resources::text[],
     :placeHash, :intervalSeconds::int, :now::timestamptz, :expiresAt::timestamptz)
   ON CONFLICT DO NOTHING
   RETURNING "codeHash"`,
);

/** The answer and the grant, or neither; the first answer counts. */
const allowOne = namedStatement<{ sid: string }, PersonGrantValues & { codeHash: string }>(
  "device_code.allow",
  // RECURSIVE only lets `known` ask for a part that stands below it.
  `WITH RECURSIVE ${grantToPerson("answered")}, answered AS (
     UPDATE "DeviceCode" SET "answer" = 'allowed', "grantId" = :grantId
     FROM allowed
     WHERE "codeHash" = :codeHash AND "DeviceCode"."clientId" = allowed."clientId"
       AND "answer" IS NULL AND "DeviceCode"."expiresAt" > :now::timestamptz
     RETURNING 1
   )
   SELECT "sid" FROM granted`,
);

const redeemOnce = namedStatement<RedemptionRow, RedemptionValues>(
  "device_code.redeem",
  redeeming("DeviceCode", "codeHash"),
);

interface PollRow {
  clientId: string;
  answer: string | null;
  grantId: string | null;
  expiresAt: Date;
  usedAt: Date | null;
  tooEarly: boolean;
}

/** What a poll that got nothing came too early for is written down, and nothing else. */
const notePoll = namedStatement<PollRow, { codeHash: string; clientId: string; now: Date }>(
  "device_code.poll",
  `WITH asked AS (
     SELECT "codeHash", "polledAt" IS NOT NULL AND :now::timestamptz < "polledAt"
       + make_interval(secs => "intervalSeconds" - ${EARLY_BY_SECONDS}) AS "tooEarly"
     FROM "DeviceCode" WHERE "codeHash" = :codeHash
   ), noted AS (
     UPDATE "DeviceCode" d SET "polledAt" = :now::timestamptz, "intervalSeconds" =
       "intervalSeconds" + CASE WHEN asked."tooEarly" THEN ${SLOW_DOWN_SECONDS} ELSE 0 END
     FROM asked
     WHERE d."codeHash" = asked."codeHash" AND d."clientId" = :clientId AND d."answer" IS NULL
   )
   SELECT d."clientId", d."answer", d."grantId", d."expiresAt", d."usedAt", asked."tooEarly"
   FROM "DeviceCode" d JOIN asked ON asked."codeHash" = d."codeHash"`,
);

export type DeviceCodeLifetimes = RedemptionLifetimes &
  GrantLifetimes &
  Pick<Lifetimes, "deviceCodeSeconds">;

export type DeviceCodeStore = ReturnType<typeof deviceCodeStore>;

export const deviceCodeStore = (database: Database, lifetimes: DeviceCodeLifetimes) => ({
  /** @returns false when somebody else waits under this user code: draw another */
  async issue(
    asked: Omit<DeviceRequest, "codeHash"> & { code: string; userCode: string; address: string },
    now: Date,
  ): Promise<boolean> {
    const { code, userCode, address, ...request } = asked;
    const rows = await database.sql(
      issueOne,
      issueOne.values({
        ...request,
        codeHash: hashOf(code),
        userCodeHash: hashOf(userCode),
        placeHash: hashOf(addressKey(address)),
        intervalSeconds: POLL_SECONDS,
        now,
        expiresAt: secondsAfter(now, lifetimes.deviceCodeSeconds),
      }),
    );
    return rows.length > 0;
  },

  /** The device that waits under a user code, in its canonical spelling. */
  async findWaiting(
    by: { userCode: string } | { codeHash: string },
    now: Date,
  ): Promise<DeviceRequest | undefined> {
    const key = "userCode" in by ? { userCodeHash: hashOf(by.userCode) } : by;
    const row = await database.orm.deviceCode.findFirst({
      where: { ...key, answer: null, expiresAt: { gt: now } },
      select: { codeHash: true, clientId: true, scopes: true, resources: true },
    });
    return row ?? undefined;
  },

  /** @returns false when it was answered before, is over, or nobody may allow it any more */
  async allow(codeHash: string, authorization: PersonAuthorization, now: Date): Promise<boolean> {
    const values = personGrantValues(authorization, newIdentifier(), lifetimes, now);
    const rows = await database.sql(allowOne, allowOne.values({ ...values, codeHash }));
    return rows.length > 0;
  },

  /** @returns false when it was answered before, or is over */
  async deny(codeHash: string, now: Date): Promise<boolean> {
    const { count } = await database.orm.deviceCode.updateMany({
      where: { codeHash, answer: null, expiresAt: { gt: now } },
      data: { answer: "denied" },
    });
    return count > 0;
  },

  /** Spends it, if it was allowed. @returns undefined when there is nothing to be had; `poll` says why */
  async redeem(
    redemption: {
      code: string;
      clientId: string;
      resource?: string | undefined;
      refreshToken: string;
    },
    now: Date,
  ): Promise<Redeemed | undefined> {
    if (!isCredential("device-code", redemption.code)) return undefined;
    const values = redemptionValues(redemption, lifetimes, now);
    const [row] = await database.sql(redeemOnce, redeemOnce.values(values));
    return row && redeemedOf(row);
  },

  /** Why `redeem` returned nothing; a device that asks too early has to wait longer from now on. */
  async poll(code: string, clientId: string, now: Date): Promise<DevicePoll> {
    if (!isCredential("device-code", code)) return { kind: "unknown" };
    const values = { codeHash: hashOf(code), clientId, now };
    const [row] = await database.sql(notePoll, notePoll.values(values));
    return row ? pollOf(row, clientId, now) : { kind: "unknown" };
  },
});

function pollOf(row: PollRow, clientId: string, now: Date): DevicePoll {
  if (row.clientId !== clientId) return { kind: "wrong-client" };
  if (row.usedAt && row.grantId !== null) return { kind: "replayed", grantId: row.grantId };
  if (row.answer === "denied") return { kind: "denied" };
  if (row.expiresAt <= now) return { kind: "expired" };
  if (row.answer === "allowed") return { kind: "ended" };
  return { kind: row.tooEarly ? "too-early" : "pending" };
}
