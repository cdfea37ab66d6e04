// Guessing is slowed down (security P7): an attempt is reserved against every bucket it belongs to
// before any password is hashed, in one conditional statement on the shared database, so that any
// number of parallel guesses over any number of replicas share one counter. Success gives back.
import type { Database } from "../../../prisma/database.ts";
import { hashOf } from "../../protocol/credential.ts";
import { secondsAfter } from "../lifetimes.ts";
import { namedStatement } from "../named-statement.ts";
import { addressKey } from "./network-address.ts";
import { type ThrottlePolicy, throttlePolicies, waitTable } from "./throttle-policy.ts";

export interface SignInAttempt {
  /** The e-mail address in its canonical spelling; whether there is such an account is not asked. */
  readonly emailKey: string;
  readonly address: string;
}

export type Reservation =
  | {
      kind: "allowed";
      /** The password was right: failures in a row are over, and the place is known from now on. */
      giveBack(): Promise<void>;
      /** Nothing was tried after all. */
      cancel(): Promise<void>;
    }
  | { kind: "throttled"; retryAfterSeconds: number };

/** How long a place where a person has signed in is remembered as theirs. */
const KNOWN_PLACE_SECONDS = 90 * 24 * 60 * 60;

type Bucket = "pair" | "name" | "address";

const free = {
  pairFree: throttlePolicies.nameAtAddress.free,
  nameFree: throttlePolicies.name.free,
  addressFree: throttlePolicies.address.free,
};

/** What the bucket holds with this attempt: forgotten failures do not count. */
const failures = `(CASE WHEN t."expiresAt" <= :now::timestamptz THEN 0 ELSE t."failures" END + 1)`;

/** No wait is a time long past, so that replicas whose clocks differ by a little agree on it. */
const after = (wait: string) =>
  `CASE ${wait} WHEN 0 THEN 'epoch' ELSE :now::timestamptz + make_interval(secs => ${wait}) END`;

const waitOf = (bucket: Bucket) => `(CASE
  WHEN ${failures} >= :${bucket}Last::int THEN :${bucket}LastWait::int
  ELSE (:${bucket}Waits::text[]::int[])[
    LEAST(${failures}, array_length(:${bucket}Waits::text[], 1))] END)`;

/** One bucket's conditional increment. Its condition is asked of the row as it is once locked. */
const increment = (bucket: Bucket, onlyIf: string) => `
  INSERT INTO "SignInAttempt" AS t ("bucket", "failures", "blockedUntil", "expiresAt")
  SELECT :${bucket}, 1, ${after(`(:${bucket}Waits::text[]::int[])[1]`)},
    :${bucket}ExpiresAt::timestamptz
  WHERE ${onlyIf}
  ON CONFLICT ("bucket") DO UPDATE SET "failures" = ${failures},
    "blockedUntil" = ${after(waitOf(bucket))}, "expiresAt" = EXCLUDED."expiresAt"
  WHERE t."blockedUntil" <= :now::timestamptz OR t."expiresAt" <= :now::timestamptz
  RETURNING "blockedUntil"`;

/** One bucket's failure taken back, and the wait with it where it cost one that is now free. */
const uncount = (bucket: Bucket, onceDone: string) => `
  UPDATE "SignInAttempt" SET "failures" = GREATEST("failures" - 1, 0),
    "blockedUntil" = CASE WHEN "failures" <= :${bucket}Free::int THEN 'epoch'
      ELSE "blockedUntil" END
  WHERE "bucket" = :${bucket} AND ${onceDone}
  RETURNING 1`;

type PolicyValues<Name extends Bucket> = Record<Name, string> &
  Record<`${Name}Waits`, readonly string[]> &
  Record<`${Name}Last` | `${Name}LastWait`, number> &
  Record<`${Name}ExpiresAt`, Date>;

type Places = { known: string; now: Date };

/**
 * A known place is not held back by what strangers do to the name elsewhere. Buckets are taken in one
 * order by all (pair, name, address), each only if the one before let the attempt through; those that
 * are blocked already are seen in the snapshot, and nothing is written.
 */
const reserveOne = namedStatement<
  { allowed: boolean; blockedUntil: Date | null },
  PolicyValues<"pair"> & PolicyValues<"name"> & PolicyValues<"address"> & Places
>(
  "sign_in_throttle.reserve",
  `WITH place AS MATERIALIZED (
     SELECT EXISTS (SELECT 1 FROM "SignInAttempt"
       WHERE "bucket" = :known AND "expiresAt" > :now::timestamptz) AS "known"
   ), blocked AS MATERIALIZED (
     SELECT max("blockedUntil") AS "until" FROM "SignInAttempt", place
     WHERE ("bucket" IN (:pair, :address) OR ("bucket" = :name AND NOT place."known"))
       AND "blockedUntil" > :now::timestamptz AND "expiresAt" > :now::timestamptz
   ), pair AS (
     ${increment("pair", `(SELECT "until" FROM blocked) IS NULL`)}
   ), name AS (
     ${increment("name", `EXISTS (SELECT 1 FROM pair) AND NOT (SELECT "known" FROM place)`)}
   ), address AS (
     ${increment(
       "address",
       `EXISTS (SELECT 1 FROM pair) AND (EXISTS (SELECT 1 FROM name) OR (SELECT "known" FROM place))`,
     )}
   )
   SELECT EXISTS (SELECT 1 FROM address) AS "allowed", (SELECT "until" FROM blocked) AS "blockedUntil"`,
);

type Buckets = Record<Bucket, string>;

/** Makes one part of a statement run before the next: buckets are taken in the order of reserving. */
const done = (part: string) => `(SELECT count(*) FROM ${part}) >= 0`;

const giveBackOne = namedStatement<
  { bucket: string },
  Buckets & Places & { knownUntil: Date; addressFree: number }
>(
  "sign_in_throttle.give_back",
  `WITH pair AS (
     DELETE FROM "SignInAttempt" WHERE "bucket" = :pair RETURNING 1
   ), name AS (
     DELETE FROM "SignInAttempt" WHERE "bucket" = :name AND ${done("pair")} RETURNING 1
   ), address AS (
     ${uncount("address", done("name"))}
   )
   INSERT INTO "SignInAttempt" ("bucket", "failures", "blockedUntil", "expiresAt")
   SELECT :known, 0, 'epoch', :knownUntil::timestamptz WHERE ${done("address")}
   ON CONFLICT ("bucket") DO UPDATE SET "expiresAt" = EXCLUDED."expiresAt"
   RETURNING "bucket"`,
);

const cancelOne = namedStatement<{ done: number }, Buckets & Record<`${Bucket}Free`, number>>(
  "sign_in_throttle.cancel",
  `WITH pair AS (${uncount("pair", "true")}),
   name AS (${uncount("name", done("pair"))}),
   address AS (${uncount("address", done("name"))})
   SELECT count(*) AS "done" FROM address`,
);

export type SignInThrottleStore = ReturnType<typeof signInThrottleStore>;

export const signInThrottleStore = (database: Database) => ({
  /** One statement, before the password is hashed. */
  async reserve({ emailKey, address }: SignInAttempt, now: Date): Promise<Reservation> {
    const place = addressKey(address);
    const buckets = {
      pair: hashOf(`pair\0${emailKey}\0${place}`),
      name: hashOf(`name\0${emailKey}`),
      address: hashOf(`address\0${place}`),
    };
    const known = hashOf(`known\0${emailKey}\0${place}`);

    const [row] = await database.sql(
      reserveOne,
      reserveOne.values({
        ...policyValues("pair", buckets.pair, throttlePolicies.nameAtAddress, now),
        ...policyValues("name", buckets.name, throttlePolicies.name, now),
        ...policyValues("address", buckets.address, throttlePolicies.address, now),
        known,
        now,
      }),
    );
    if (!row?.allowed) {
      return { kind: "throttled", retryAfterSeconds: secondsUntil(row?.blockedUntil, now) };
    }

    return {
      kind: "allowed",
      async giveBack() {
        const knownUntil = secondsAfter(now, KNOWN_PLACE_SECONDS);
        const values = { ...buckets, known, now, knownUntil, addressFree: free.addressFree };
        await database.sql(giveBackOne, giveBackOne.values(values));
      },
      async cancel() {
        await database.sql(cancelOne, cancelOne.values({ ...buckets, ...free }));
      },
    };
  },
});

function policyValues<Name extends Bucket>(
  name: Name,
  bucket: string,
  policy: ThrottlePolicy,
  now: Date,
): PolicyValues<Name> {
  return {
    [name]: bucket,
    [`${name}Waits`]: waitTable(policy).map(String),
    [`${name}Last`]: policy.last,
    [`${name}LastWait`]: policy.lastWaitSeconds,
    [`${name}ExpiresAt`]: secondsAfter(now, policy.rememberSeconds),
  } as PolicyValues<Name>;
}

/** Where many arrived in the same moment, the one that set the wait may not be visible yet. */
const secondsUntil = (time: Date | null | undefined, now: Date): number =>
  time ? Math.max(1, Math.ceil((time.getTime() - now.getTime()) / 1000)) : 1;
