// How far the end of a sign-in has come at one site.
import type { SignOutReceipt } from "../../records/interactions/interaction-request.ts";
import type { LogoutNotice } from "../../records/outbox/logout-delivery-store.ts";

export type SiteEnding =
  /** It had ended its own session before it sent the person here. */
  | { readonly kind: "ended-itself" }
  /** It answered that it has ended it. */
  | { readonly kind: "told"; readonly at: Date }
  | {
      readonly kind: "trying";
      readonly attempts: number;
      readonly nextAttemptAt: Date;
      readonly problem?: string | undefined;
    }
  | { readonly kind: "given-up"; readonly attempts: number }
  /** Asked through this browser, which does not say what came of it. */
  | { readonly kind: "in-browser" }
  /** It has no way to hear of it: what it holds runs out. */
  | { readonly kind: "by-itself" };

/** @param notices  one for each sign-in that had reached it; it has heard when it has heard of all */
export function siteEnding(
  site: Pick<SignOutReceipt["sites"][number], "endedItself">,
  { notices, hearsInBrowser }: { notices: readonly LogoutNotice[]; hearsInBrowser: boolean },
  now: Date,
): SiteEnding {
  const open = notices.filter(({ deliveredAt }) => deliveredAt === undefined);
  const [last] = notices.flatMap(({ deliveredAt }) => deliveredAt ?? []).sort(latestFirst);
  if (site.endedItself) return { kind: "ended-itself" };
  if (open.length === 0 && last) return { kind: "told", at: last };
  const [next] = open.filter(({ expiresAt }) => expiresAt > now).sort(mostTriedFirst);
  if (next) {
    const { attempts, nextAttemptAt, problem } = next;
    return { kind: "trying", attempts, nextAttemptAt, problem };
  }
  const [givenUp] = open.sort(mostTriedFirst);
  if (givenUp) return { kind: "given-up", attempts: givenUp.attempts };
  return hearsInBrowser ? { kind: "in-browser" } : { kind: "by-itself" };
}

const latestFirst = (a: Date, b: Date): number => b.getTime() - a.getTime();
const mostTriedFirst = (a: LogoutNotice, b: LogoutNotice): number => b.attempts - a.attempts;
