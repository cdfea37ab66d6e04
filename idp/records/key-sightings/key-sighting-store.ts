// What the running instances of each site say that they hold, and which revoked keys they refuse. An
// instance that stops saying so is forgotten, since it is not running.
import type { SiteSighting } from "../../../keys/site-readiness.ts";
import type { Database } from "../../../prisma/database.ts";
import { secondsAfter } from "../lifetimes.ts";

export interface KeySighting {
  readonly clientId: string;
  /** Drawn by the instance when it starts. */
  readonly instance: string;
  readonly kids: readonly string[];
  /** Revoked keys that it refuses, and since when by its own clock. */
  readonly refused: readonly { kid: string; at: Date }[];
}

/** A site as the console lists it. */
export interface SiteKeys extends SiteSighting {
  /** Whether it has obtained a token lately, so that a rotation before its time waits for it. */
  readonly counts: boolean;
  /** Whether it can be drilled. */
  readonly hearsEvents: boolean;
}

export interface KeyRefusal {
  readonly kid: string;
  readonly clientId: string;
  readonly instance: string;
  readonly refusedAt: Date;
}

/** A site has fewer instances; whoever stole its secret could claim any number. */
const MOST_INSTANCES = 200;

export type KeySightingStore = ReturnType<typeof keySightingStore>;

export const keySightingStore = (
  database: Database,
  { lifetimeSeconds, usualAlg }: { lifetimeSeconds: number; usualAlg: string },
) => {
  async function sites(since: Date, now: Date): Promise<SiteKeys[]> {
    const rows = await database.orm.client.findMany({
      where: { disabledAt: null },
      orderBy: [{ name: "asc" }, { id: "asc" }],
      select: {
        id: true,
        name: true,
        idTokenSignedResponseAlg: true,
        keyEventsUri: true,
        keySightings: {
          where: { expiresAt: { gt: now } },
          orderBy: { instance: "asc" },
          select: { instance: true, kids: true, seenAt: true },
        },
        grants: { where: { lastUsedAt: { gt: since } }, take: 1, select: { id: true } },
      },
    });
    return rows.map((row) => ({
      clientId: row.id,
      name: row.name,
      algs: [...new Set([usualAlg, row.idTokenSignedResponseAlg])],
      instances: row.keySightings,
      counts: row.grants.length > 0,
      hearsEvents: row.keyEventsUri !== null,
    }));
  }

  return {
    /** How long an instance counts as running after it has reported. */
    lifetimeSeconds,

    /** @returns false when the client has as many instances as one may have */
    async report({ clientId, instance, kids, refused }: KeySighting, now: Date): Promise<boolean> {
      return database.transaction(async (orm) => {
        const known = await orm.keySighting.count({
          where: { clientId, expiresAt: { gt: now }, instance: { not: instance } },
        });
        if (known >= MOST_INSTANCES) return false;
        const sighting = {
          kids: [...kids],
          seenAt: now,
          expiresAt: secondsAfter(now, lifetimeSeconds),
        };
        await orm.keySighting.upsert({
          where: { clientId_instance: { clientId, instance } },
          create: { clientId, instance, ...sighting },
          update: sighting,
        });
        // Only of keys that are revoked; the first time counts.
        const revoked = await orm.signingKey.findMany({
          where: { kid: { in: refused.map(({ kid }) => kid) }, state: "revoked" },
          select: { kid: true },
        });
        const kidsRevoked = new Set(revoked.map(({ kid }) => kid));
        await orm.keyRefusal.createMany({
          data: refused
            .filter(({ kid }) => kidsRevoked.has(kid))
            .map(({ kid, at }) => ({ kid, clientId, instance, refusedAt: at })),
          skipDuplicates: true,
        });
        return true;
      });
    },

    /** It runs no longer: nothing waits for what it holds. */
    async forget({ clientId, instance }: Pick<KeySighting, "clientId" | "instance">) {
      await database.orm.keySighting.deleteMany({ where: { clientId, instance } });
    },

    /** Every enabled client, by name. @param since  from when having obtained a token counts */
    sites,

    /** Those that have obtained a token since then: a rotation before its time waits for them. */
    recentSites: async (since: Date, now: Date): Promise<SiteSighting[]> =>
      (await sites(since, now)).filter(({ counts }) => counts),

    /** Who refuses a revoked key, in the order in which they began to. */
    refusals: (kid: string): Promise<KeyRefusal[]> =>
      database.orm.keyRefusal.findMany({
        where: { kid },
        orderBy: [{ refusedAt: "asc" }, { clientId: "asc" }, { instance: "asc" }],
      }),

    /** Keys thrown out since then: what a site that heard nothing must be told. */
    async revokedSince(time: Date): Promise<string[]> {
      const rows = await database.orm.signingKey.findMany({
        where: { state: "revoked", revokedAt: { gt: time } },
        orderBy: { revokedAt: "asc" },
        select: { kid: true },
      });
      return rows.map(({ kid }) => kid);
    },
  };
};
