// What the admin API says about signing keys, on the wire: made here, read by the `signet` command with
// the same schemas. Nothing of a private half is in any view that reaches this file.
import { z } from "zod";
import type { KeyView, RotateResult } from "../../../keys/key-lifecycle.ts";
import type { KeyReadiness, ProbeOutcome, SiteReadiness } from "../../../keys/key-readiness.ts";
import type { DrillResult } from "../../sending/drill.ts";

const time = z.iso.datetime();

export const KeyAnswer = z.object({
  kid: z.string(),
  alg: z.string(),
  state: z.string(),
  published_at: time,
  activated_at: time.optional(),
  retiring_at: time.optional(),
  retired_at: time.optional(),
  revoked_at: time.optional(),
  leaves_at: time.optional(),
  safe_from: time.optional(),
  replaced_at: time.optional(),
});

export const RotatedAnswer = z.object({
  activated: z.string(),
  published: z.string(),
  retiring: z.string(),
});

const ProbeAnswer = z.object({
  kid: z.string(),
  at: time,
  outcome: z.string(),
  problem: z.string().optional(),
});

export const SiteReadinessAnswer = z.object({
  client_id: z.string(),
  client_name: z.string(),
  /** Whether a rotation before its time waits for it. */
  counts: z.boolean(),
  ready: z.boolean(),
  why: z.enum(["silent", "lacking"]).optional(),
  hears_events: z.boolean(),
  instances: z.array(z.object({ instance: z.string(), kids: z.array(z.string()), seen_at: time })),
  probe: ProbeAnswer.optional(),
});

export const ReadinessAnswer = z.object({
  next: z.array(z.object({ kid: z.string(), alg: z.string() })),
  /** Whatever sites report. */
  safe_from: time,
  /** Where no site could say that it has the next key: when whoever keeps the key set has it all the same. */
  spread_by: time.optional(),
  scheduled_at: time.optional(),
  may_rotate: z.boolean(),
  sites: z.array(SiteReadinessAnswer),
});

export const DrillAnswer = z.object({
  results: z.array(
    z.object({
      client_id: z.string(),
      client_name: z.string(),
      kid: z.string(),
      outcome: z.string(),
      problem: z.string().optional(),
    }),
  ),
});

export const RewrappedAnswer = z.object({ kek_id: z.string(), kids: z.array(z.string()) });

export const keyAnswer = (key: KeyView): z.input<typeof KeyAnswer> => ({
  kid: key.kid,
  alg: key.alg,
  state: key.state,
  published_at: key.publishedAt.toISOString(),
  ...(key.activatedAt && { activated_at: key.activatedAt.toISOString() }),
  ...(key.retiringAt && { retiring_at: key.retiringAt.toISOString() }),
  ...(key.retiredAt && { retired_at: key.retiredAt.toISOString() }),
  ...(key.revokedAt && { revoked_at: key.revokedAt.toISOString() }),
  ...(key.leavesAt && { leaves_at: key.leavesAt.toISOString() }),
  ...(key.safeFrom && { safe_from: key.safeFrom.toISOString() }),
  ...(key.replacedAt && { replaced_at: key.replacedAt.toISOString() }),
});

export const readinessAnswer = (readiness: KeyReadiness): z.input<typeof ReadinessAnswer> => ({
  next: [...readiness.next],
  safe_from: readiness.safeFrom.toISOString(),
  ...(readiness.spreadBy && { spread_by: readiness.spreadBy.toISOString() }),
  ...(readiness.scheduledAt && { scheduled_at: readiness.scheduledAt.toISOString() }),
  may_rotate: readiness.mayRotate,
  sites: readiness.sites.map(siteReadinessAnswer),
});

const siteReadinessAnswer = (site: SiteReadiness): z.input<typeof SiteReadinessAnswer> => ({
  client_id: site.clientId,
  client_name: site.name,
  counts: site.counts,
  ready: site.why === undefined,
  ...(site.why && { why: site.why }),
  hears_events: site.hearsEvents,
  instances: site.instances.map(({ instance, kids, seenAt }) => ({
    instance,
    kids: [...kids],
    seen_at: seenAt.toISOString(),
  })),
  ...(site.probe && { probe: probeAnswer(site.probe) }),
});

const probeAnswer = ({ kid, at, outcome, problem }: ProbeOutcome) => ({
  kid,
  at: at.toISOString(),
  outcome,
  ...(problem !== undefined && { problem }),
});

export const drillAnswer = (results: readonly DrillResult[]): z.input<typeof DrillAnswer> => ({
  results: results.map(({ clientId, clientName, kid, outcome, problem }) => ({
    client_id: clientId,
    client_name: clientName,
    kid,
    outcome,
    ...(problem !== undefined && { problem }),
  })),
});

/** The sites that a rotation before its time would have to wait for. */
export const missingAnswer = ({ unready }: Extract<RotateResult, { kind: "too-early" }>) =>
  unready.map(({ clientId, name, why, instances }) => ({
    client_id: clientId,
    client_name: name,
    why,
    instances: [...instances],
  }));
