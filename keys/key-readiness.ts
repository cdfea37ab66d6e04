// How far every site is with the keys that sign next, as operators and the console see it. It shows
// and decides nothing: a rotation is decided by key-rules.ts, from the same looks at the same sites.
import { MOST_PUBLISHED } from "./key-rules.ts";
import type { KeyView } from "./key-view.ts";
import type { KeyState } from "./signing-key.ts";
import {
  type SiteSighting,
  type UnreadySite,
  unreadySites,
  withoutWitness,
} from "./site-readiness.ts";

const PUBLISHED: readonly KeyState[] = ["pending", "active", "retiring"];

export interface WatchedSite extends SiteSighting {
  /** Whether it has obtained a token lately, so that a rotation before its time waits for it. */
  readonly counts: boolean;
  /** Whether it can be drilled, and told when a key is thrown out. */
  readonly hearsEvents: boolean;
}

/** How a site did with a probe that a pending key signed. */
export interface ProbeOutcome {
  readonly clientId: string;
  readonly kid: string;
  readonly at: Date;
  readonly outcome: "verified" | "refused" | "unreachable";
  readonly problem?: string;
}

export interface SiteReadiness extends WatchedSite {
  /** `not-counted`: it has obtained no token lately, so that nothing waits for it. */
  readonly standing: "ready" | UnreadySite["why"] | "not-counted";
  /** Why it is not ready, counted or not. */
  readonly why?: UnreadySite["why"];
  /** The instances that lack a key which signs next. */
  readonly lacking: readonly string[];
  /** Of the keys that sign next, the probe that went worst. */
  readonly probe?: ProbeOutcome;
}

export interface KeyReadiness {
  /** The keys that sign next. */
  readonly next: readonly { kid: string; alg: string }[];
  /** From when they may sign, whatever sites report. */
  readonly safeFrom: Date;
  /** When they begin by themselves. */
  readonly scheduledAt?: Date;
  /** Until when it waits because no site could say whether it has them; absent: not for that. */
  readonly spreadBy?: Date;
  /** Whether a rotation would go through now. */
  readonly mayRotate: boolean;
  readonly sites: readonly SiteReadiness[];
}

export interface ReadinessQuestion {
  readonly keys: readonly KeyView[];
  /** Of SIGNING_ALGS. */
  readonly algs: readonly string[];
  readonly sites: readonly WatchedSite[];
  readonly probes: readonly ProbeOutcome[];
  readonly now: Date;
}

export function keyReadiness({ keys, algs, sites, probes, now }: ReadinessQuestion): KeyReadiness {
  const next = keys.filter(({ alg, state }) => state === "pending" && algs.includes(alg));
  const young = next.filter(({ safeFrom = now }) => safeFrom > now);
  const counted = sites.filter(({ counts }) => counts);
  const waitsFor = young.length === 0 ? [] : unreadySites(counted, young);
  const spread = latest(
    withoutWitness(counted, young).flatMap(({ spreadBy = now }) =>
      spreadBy > now ? [spreadBy] : [],
    ),
  );
  const roomFrom = waitsForRoom(keys, algs, now);
  const scheduledAt = latest(
    keys.flatMap(({ state, replacedAt }) => (state === "active" && replacedAt ? [replacedAt] : [])),
  );
  return {
    next: next.map(({ kid, alg }) => ({ kid, alg })),
    safeFrom:
      latest([...next.map(({ safeFrom = now }) => safeFrom), ...(roomFrom ? [roomFrom] : [])]) ??
      now,
    ...(scheduledAt && { scheduledAt }),
    ...(spread && { spreadBy: spread }),
    mayRotate: waitsFor.length === 0 && !spread && !roomFrom && next.length === algs.length,
    sites: sites.map((site) => siteReadiness(site, next, probes)),
  };
}

function siteReadiness(
  site: WatchedSite,
  next: readonly KeyView[],
  probes: readonly ProbeOutcome[],
): SiteReadiness {
  const [unready] = unreadySites([site], next);
  const probe = worst(
    probes.filter(
      ({ clientId, kid }) => clientId === site.clientId && next.some((key) => key.kid === kid),
    ),
  );
  return {
    ...site,
    standing: site.counts ? (unready?.why ?? "ready") : "not-counted",
    ...(unready && { why: unready.why }),
    lacking: unready?.instances ?? [],
    ...(probe && { probe }),
  };
}

/** When there are as many keys as verifiers take, the time at which the first one leaves. */
function waitsForRoom(
  keys: readonly KeyView[],
  algs: readonly string[],
  now: Date,
): Date | undefined {
  const published = keys.filter(({ state }) => PUBLISHED.includes(state));
  if (published.length + algs.length <= MOST_PUBLISHED) return undefined;
  const leaving = published.flatMap(({ leavesAt }) => (leavesAt ? [leavesAt] : []));
  return leaving.sort(byTime)[0] ?? now;
}

const byTime = (a: Date, b: Date) => a.getTime() - b.getTime();
const latest = (times: readonly Date[]) => [...times].sort(byTime).at(-1);

const worst = (probes: readonly ProbeOutcome[]): ProbeOutcome | undefined =>
  [...probes].sort(
    (a, b) =>
      Number(a.outcome === "verified") - Number(b.outcome === "verified") || byTime(b.at, a.at),
  )[0];
