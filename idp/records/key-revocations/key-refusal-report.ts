// Who refuses a key that was thrown out, and who has not said so yet: a pure look at what the sites
// reported, what was sent to them, and how that went.

/** A site that may hold the key. */
export interface ReportedSite {
  readonly clientId: string;
  readonly name: string;
  /** Whether it has obtained a token lately. */
  readonly counts: boolean;
  readonly hearsEvents: boolean;
  readonly instances: readonly { readonly instance: string }[];
}

export interface ReportedRefusal {
  readonly clientId: string;
  readonly instance: string;
  readonly refusedAt: Date;
}

/** The notice to one site. */
export interface ReportedNotice {
  readonly clientId: string;
  readonly deliveredAt?: Date;
  readonly expiresAt: Date;
  readonly problem?: string;
}

export interface SiteRefusal {
  readonly clientId: string;
  readonly name: string;
  readonly instances: readonly { instance: string; refusedAt?: Date }[];
  /** When the last of its running instances began to refuse the key; absent while one has not. */
  readonly refusedAt?: Date;
  /** `none`: it has no kit to tell. `unknown`: it is no longer kept, or the site hears of keys only since. */
  readonly notice: "delivered" | "trying" | "expired" | "none" | "unknown";
  /** Why the last attempt to tell it failed. */
  readonly problem?: string;
}

export interface RefusalQuestion {
  readonly sites: readonly ReportedSite[];
  readonly refusals: readonly ReportedRefusal[];
  readonly notices: readonly ReportedNotice[];
  readonly now: Date;
}

/** Every site that has reported, can be told, or has obtained a token lately. */
export const keyRefusalReport = ({
  sites,
  refusals,
  notices,
  now,
}: RefusalQuestion): SiteRefusal[] =>
  sites.flatMap((site) => {
    const { clientId, name } = site;
    const instances = instancesOf(
      site,
      refusals.filter((refusal) => refusal.clientId === clientId),
    );
    if (instances.length === 0 && !site.counts && !site.hearsEvents) return [];
    const times = instances.flatMap(({ refusedAt }) => (refusedAt ? [refusedAt] : []));
    const isWhole = times.length > 0 && times.length === instances.length;
    const notice = notices.find((sent) => sent.clientId === clientId);
    return [
      {
        clientId,
        name,
        instances,
        ...(isWhole && { refusedAt: new Date(Math.max(...times.map((time) => time.getTime()))) }),
        notice: notice ? standingOf(notice, now) : withoutNotice(site),
        ...(notice?.problem !== undefined && !notice.deliveredAt && { problem: notice.problem }),
      },
    ];
  });

/** Those that run, and those that refused it and run no longer. */
function instancesOf(
  { instances }: ReportedSite,
  refusals: readonly ReportedRefusal[],
): SiteRefusal["instances"] {
  const names = [...instances, ...refusals].map(({ instance }) => instance);
  return [...new Set(names)].sort().map((instance) => {
    const refusal = refusals.find((one) => one.instance === instance);
    return { instance, ...(refusal && { refusedAt: refusal.refusedAt }) };
  });
}

const withoutNotice = ({ hearsEvents }: ReportedSite) => (hearsEvents ? "unknown" : "none");

function standingOf(notice: ReportedNotice, now: Date): SiteRefusal["notice"] {
  if (notice.deliveredAt !== undefined) return "delivered";
  return notice.expiresAt <= now ? "expired" : "trying";
}
