// Which sites have met the pending keys: a pure look at what their instances have reported.

/** A site that has obtained tokens lately, and what its running instances say that they hold. */
export interface SiteSighting {
  readonly clientId: string;
  readonly name: string;
  /** What its tokens are signed with. */
  readonly algs: readonly string[];
  readonly instances: readonly {
    readonly instance: string;
    readonly kids: readonly string[];
    readonly seenAt: Date;
  }[];
}

/** A site that would meet a key it has never seen, or of which nobody knows. */
export interface UnreadySite {
  readonly clientId: string;
  readonly name: string;
  /** `silent`: no instance has reported; `lacking`: these instances do not hold the key. */
  readonly why: "silent" | "lacking";
  readonly instances: readonly string[];
}

/** The keys of which no site could say that it holds them: none has obtained a token by their algorithm lately. */
export const withoutWitness = <K extends { alg: string }>(
  sites: readonly Pick<SiteSighting, "algs">[],
  pending: readonly K[],
): K[] => pending.filter(({ alg }) => !sites.some(({ algs }) => algs.includes(alg)));

/** @param pending  the pending keys, each with its algorithm */
export function unreadySites(
  sites: readonly SiteSighting[],
  pending: readonly { kid: string; alg: string }[],
): UnreadySite[] {
  return sites.flatMap((site): UnreadySite[] => {
    const { clientId, name, algs, instances } = site;
    const wanted = pending.filter(({ alg }) => algs.includes(alg)).map(({ kid }) => kid);
    if (wanted.length === 0) return [];
    if (instances.length === 0) return [{ clientId, name, why: "silent", instances: [] }];
    const lacking = instances
      .filter(({ kids }) => !wanted.every((kid) => kids.includes(kid)))
      .map(({ instance }) => instance);
    return lacking.length === 0 ? [] : [{ clientId, name, why: "lacking", instances: lacking }];
  });
}
