import type { KeyLogger } from "../../keys/key-changes.ts";
import type { RecordKeyEvent } from "../../keys/key-event.ts";
import { createKeyLifecycle, type KeyLifecycle } from "../../keys/key-lifecycle.ts";
import { keySeal, type SealingKey } from "../../keys/key-seal.ts";
import { localSealingKey } from "../../keys/local-sealing.ts";
import type { RecentSites } from "../../keys/rotate-keys.ts";
import type { Clock } from "../../prisma/clock.ts";
import type { Database } from "../../prisma/database.ts";

/** A key-encryption key that is the same in every test. */
export const aKek = (id = "kek-1", fill = 7): SealingKey =>
  localSealingKey({ id, key: new Uint8Array(32).fill(fill) });

export const LEAD_SECONDS = 1_200;
export const LONGEST_TOKEN_SECONDS = 300;
export const SKEW_SECONDS = 60;
/** How long a key stays in the JWKS after it has signed. */
export const LEAVES_AFTER_SECONDS = LONGEST_TOKEN_SECONDS + 4 * SKEW_SECONDS;
export const JWKS_MAX_AGE_SECONDS = 300;

/** A site that obtained a token and never reports: a rotation waits for its time. */
export const silentSite: RecentSites = async () => [
  {
    clientId: "ledgerline",
    name: "Ledgerline",
    algs: ["RS256", "PS256", "ES256", "EdDSA"],
    instances: [],
  },
];

/** Nobody has obtained a token, so that nobody can say what they hold. */
export const noSite: RecentSites = async () => [];

/** A site that holds every key, as soon as there is one. */
export const readySite =
  (database: Database): RecentSites =>
  async (_, now) => {
    const kids = (await database.orm.signingKey.findMany()).map(({ kid }) => kid);
    const algs = ["RS256", "PS256", "ES256", "EdDSA"];
    const instances = [{ instance: "one", kids, seenAt: now }];
    return [{ clientId: "bank", name: "Harbour Bank", algs, instances }];
  };

/** The wiring's audit writer, as far as keys need it. */
export const recordAudit: RecordKeyEvent = async (orm, event) => {
  const { details, ...columns } = event;
  await orm.auditEvent.create({
    data: { id: crypto.randomUUID(), ...columns, details: JSON.parse(JSON.stringify(details)) },
  });
};

export interface LifecycleOptions {
  /** The first seals. */
  readonly keks?: SealingKey[];
  readonly signingAlgs?: readonly string[];
  readonly rotationSeconds?: number;
  readonly leadSeconds?: number;
  readonly recentSites?: RecentSites;
  readonly mostChanges?: number;
  readonly rsaBits?: number;
  readonly pollSeconds?: number;
  readonly replicas?: { readonly settleMilliseconds: number };
  readonly logger?: KeyLogger;
}

/**
 * One replica's keys, with settings that tests can count on. ES256 unless said otherwise: nothing
 * here depends on the algorithm, and RSA keys take their time to make.
 */
export function aKeyLifecycle(
  database: Database,
  clock: Clock,
  {
    keks = [aKek()],
    signingAlgs = ["ES256"],
    rotationSeconds = 0,
    leadSeconds = LEAD_SECONDS,
    recentSites = silentSite,
    mostChanges = 1_000,
    rsaBits = 2048,
    // The tests poll by themselves.
    pollSeconds = 3_600,
    replicas,
    logger,
  }: LifecycleOptions = {},
): KeyLifecycle {
  return createKeyLifecycle({
    database,
    clock,
    seal: keySeal(keks),
    leadSeconds,
    rotationSeconds,
    recentSites,
    limit: {
      most: mostChanges,
      count: (since) =>
        database.orm.auditEvent.count({
          where: {
            kind: { in: ["keys.rotated", "keys.revoked"] },
            at: { gt: since },
            actor: { not: "system" },
          },
        }),
    },
    jwksMaxAgeSeconds: JWKS_MAX_AGE_SECONDS,
    longestTokenSeconds: LONGEST_TOKEN_SECONDS,
    skewSeconds: SKEW_SECONDS,
    pollSeconds,
    signingAlgs,
    rsaBits,
    recordAudit,
    ...(replicas && { replicas }),
    ...(logger && { logger }),
  });
}

export async function removeAllKeys(database: Database): Promise<void> {
  await database.orm.signingKey.deleteMany();
  await database.orm.auditEvent.deleteMany();
  await database.orm.keySet.update({ where: { id: 1 }, data: { version: 0 } });
}

export const operator = { actor: "operator-token", requestId: "request-1", reason: "it is time" };

export async function requireRotated(lifecycle: KeyLifecycle) {
  const result = await lifecycle.rotate(operator);
  if (result.kind !== "rotated") throw new Error(`not rotated: ${JSON.stringify(result)}`);
  return result;
}

export const publishedKids = ({ ring }: KeyLifecycle): string[] =>
  JSON.parse(ring.publication().body.toString()).keys.map(({ kid }: { kid: string }) => kid);
