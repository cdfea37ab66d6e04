// What the admin API says about keys that are thrown out, on the wire: who asked, who refuses them by now.
import { z } from "zod";
import type { RevokeResult } from "../../../keys/key-lifecycle.ts";
import type { KeyRefusals } from "../../ending/key-refusals.ts";
import type { SiteRefusal } from "../../records/key-revocations/key-refusal-report.ts";
import type { KeyRevocationRequest } from "../../records/key-revocations/key-revocation-request.ts";

const time = z.iso.datetime();

export const RevokedAnswer = z.object({
  revoked: z.string(),
  revoked_at: time,
  activated: z.string().optional(),
  published: z.string().optional(),
});

/** It takes a second person. */
export const RevocationAskedAnswer = z.object({ request: z.string(), expires_at: time });

export const RevocationRequestAnswer = z.object({
  id: z.string(),
  kid: z.string(),
  reason: z.string(),
  refresh_tokens: z.enum(["keep", "end"]),
  requested_by: z.string(),
  requested_at: time,
  expires_at: time,
});

const SiteRefusalAnswer = z.object({
  client_id: z.string(),
  client_name: z.string(),
  instances: z.array(z.object({ instance: z.string(), refused_at: time.optional() })),
  /** Since when all of them refuse it. */
  refused_at: time.optional(),
  notice: z.enum(["delivered", "trying", "expired", "none", "unknown"]),
  problem: z.string().optional(),
});

export const RefusalsAnswer = z.object({
  revoked_at: time,
  /** Until when a site may still accept it: one that reaches Signet, and one that does not. */
  accepted_until: z.object({ in_touch: time, out_of_touch: time }),
  sites: z.array(SiteRefusalAnswer),
});

export const revokedAnswer = (
  kid: string,
  result: Extract<RevokeResult, { kind: "revoked" }>,
): z.input<typeof RevokedAnswer> => ({
  revoked: kid,
  revoked_at: result.revokedAt.toISOString(),
  ...(result.activated !== undefined && { activated: result.activated }),
  ...(result.published !== undefined && { published: result.published }),
});

export const revocationRequestAnswer = (
  request: KeyRevocationRequest,
): z.input<typeof RevocationRequestAnswer> => ({
  id: request.id,
  kid: request.kid,
  reason: request.reason,
  refresh_tokens: request.refreshTokens,
  requested_by: request.requestedBy,
  requested_at: request.requestedAt.toISOString(),
  expires_at: request.expiresAt.toISOString(),
});

export const refusalsAnswer = (refusals: KeyRefusals): z.input<typeof RefusalsAnswer> => ({
  revoked_at: refusals.revokedAt.toISOString(),
  accepted_until: {
    in_touch: refusals.inTouchUntil.toISOString(),
    out_of_touch: refusals.outOfTouchUntil.toISOString(),
  },
  sites: refusals.sites.map(siteRefusalAnswer),
});

const siteRefusalAnswer = (site: SiteRefusal): z.input<typeof SiteRefusalAnswer> => ({
  client_id: site.clientId,
  client_name: site.name,
  instances: site.instances.map(({ instance, refusedAt }) => ({
    instance,
    ...(refusedAt && { refused_at: refusedAt.toISOString() }),
  })),
  ...(site.refusedAt && { refused_at: site.refusedAt.toISOString() }),
  notice: site.notice,
  ...(site.problem !== undefined && { problem: site.problem }),
});
