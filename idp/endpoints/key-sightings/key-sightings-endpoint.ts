// POST /key-sightings: an instance of a site says which keys it holds, and which revoked ones it refuses.
// It is told how long that counts, and which keys were thrown out lately, should no notice have reached
// it. Nobody else learns who holds what: the key set itself stays anonymous and the same for all.
import type { Context } from "koa";
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import { readJson } from "../../http/parse.ts";
import { cause } from "../../http/request-context.ts";
import { sendJson } from "../../http/respond.ts";
import { ClientParameters, clientCredentials } from "../../protocol/client-credentials.ts";
import { invalidClient } from "../../protocol/oauth-error.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import type { AuthenticateClient } from "../../records/clients/authenticate-client.ts";
import { type Client, isPublicClient } from "../../records/clients/client.ts";
import type { KeySightingStore } from "../../records/key-sightings/key-sighting-store.ts";
import { secondsBefore } from "../../records/lifetimes.ts";

export interface KeySightingsEndpointDeps {
  readonly authenticateClient: AuthenticateClient;
  readonly sightings: Pick<
    KeySightingStore,
    "report" | "forget" | "revokedSince" | "lifetimeSeconds"
  >;
  readonly audit: Pick<AuditStore, "record">;
  readonly clock: Clock;
}

/** A JWKS of ours has at most 16 keys (security K10). */
const MOST_KIDS = 20;

/** A site trusts a key set for 24 hours at most; after that a revoked key is unknown everywhere. */
const REVOKED_WITHIN_SECONDS = 25 * 3_600;

const kid = z.string().regex(/^[\x21-\x7e]{1,128}$/);

const Sighting = ClientParameters.extend({
  instance: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  kids: z.array(kid).max(MOST_KIDS),
  refused: z
    .array(z.object({ kid, at: z.iso.datetime({ offset: true }) }))
    .max(MOST_KIDS)
    .default([]),
  /** It stops in this moment. */
  leaving: z.boolean().default(false),
});

export const keySightingsEndpoint = (deps: KeySightingsEndpointDeps) => {
  const { authenticateClient, sightings, audit, clock } = deps;

  const refuse = (ctx: Context, client: Client, reason: string) =>
    audit.record({
      at: clock.now(),
      kind: "key-sighting.refused",
      outcome: "refused",
      clientId: client.id,
      ...cause(ctx, `client:${client.id}`),
      reason,
    });

  return async (ctx: Context): Promise<void> => {
    const { instance, kids, refused, leaving, ...parameters } = await readJson(ctx, Sighting);
    const credentials = clientCredentials(ctx.get("Authorization"), parameters);
    const client = await authenticateClient(credentials, cause(ctx, "anonymous"));
    if (isPublicClient(client)) {
      await refuse(ctx, client, "public client");
      // Anybody could speak for it, and hold up a rotation.
      throw invalidClient("Only a client with a secret may report keys", { scheme: "Basic" });
    }

    if (leaving) {
      await sightings.forget({ clientId: client.id, instance });
      return sendJson(ctx, { expires_in: 0, revoked: [] });
    }
    const now = clock.now();
    const sighting = { clientId: client.id, instance, kids, refused: refusals(refused, now) };
    if (!(await sightings.report(sighting, now))) {
      await refuse(ctx, client, "too many instances");
      ctx.set("Retry-After", String(sightings.lifetimeSeconds));
      ctx.throw(429, "This client has as many instances as one may have");
    }
    const revoked = await sightings.revokedSince(secondsBefore(now, REVOKED_WITHIN_SECONDS));
    sendJson(ctx, { expires_in: sightings.lifetimeSeconds, revoked });
  };
};

/** Nothing is refused in the future: then the site's clock is ahead. */
const refusals = (refused: z.output<typeof Sighting>["refused"], now: Date) =>
  refused.map(({ kid, at }) => ({
    kid,
    at: new Date(Math.min(new Date(at).getTime(), now.getTime())),
  }));
