// How far the world is with a key that was thrown out: who refuses it, who has not said so, and until
// when at the latest somebody may still accept it (security K4).
import type { KeyLifecycle } from "../../keys/key-lifecycle.ts";
import type { Clock } from "../../prisma/clock.ts";
import {
  keyRefusalReport,
  type SiteRefusal,
} from "../records/key-revocations/key-refusal-report.ts";
import type { KeySightingStore } from "../records/key-sightings/key-sighting-store.ts";
import { secondsAfter, secondsBefore } from "../records/lifetimes.ts";
import type { DeliveryStore } from "../records/outbox/delivery-store.ts";

export interface KeyRefusals {
  readonly revokedAt: Date;
  /** A site that reaches Signet and heeds `Cache-Control` refuses the key by then: its copy is too old. */
  readonly inTouchUntil: Date;
  /** One that does not reach Signet goes on with what it holds until then. */
  readonly outOfTouchUntil: Date;
  readonly sites: readonly SiteRefusal[];
}

export interface KeyRefusalsDeps {
  readonly keys: Pick<KeyLifecycle, "list">;
  readonly sightings: Pick<KeySightingStore, "sites" | "refusals">;
  readonly deliveries: Pick<DeliveryStore, "noticesOf">;
  readonly clock: Clock;
  readonly leadSeconds: number;
  readonly jwksMaxAgeSeconds: number;
}

/** The kit goes on with its last key set for this long when it cannot fetch another one. */
const STALE_SECONDS = 86_400;

export type FindKeyRefusals = (kid: string) => Promise<KeyRefusals | undefined>;

/** @returns undefined for a key that was not thrown out */
export const findKeyRefusals =
  (deps: KeyRefusalsDeps): FindKeyRefusals =>
  async (kid) => {
    const { keys, sightings, deliveries, clock } = deps;
    const key = (await keys.list()).find((known) => known.kid === kid);
    if (key?.revokedAt === undefined) return undefined;
    const now = clock.now();
    const [sites, refusals, notices] = await Promise.all([
      sightings.sites(secondsBefore(now, deps.leadSeconds), now),
      sightings.refusals(kid),
      deliveries.noticesOf(kid),
    ]);
    return {
      revokedAt: key.revokedAt,
      inTouchUntil: secondsAfter(key.revokedAt, deps.jwksMaxAgeSeconds),
      outOfTouchUntil: secondsAfter(key.revokedAt, STALE_SECONDS),
      sites: keyRefusalReport({ sites, refusals, notices, now }),
    };
  };
