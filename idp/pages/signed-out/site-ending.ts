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

export function siteEnding(
  site: Pick<SignOutReceipt["sites"][number], "endedItself">,
  { notice, hearsInBrowser }: { notice: LogoutNotice | undefined; hearsInBrowser: boolean },
  now: Date,
): SiteEnding {
  if (site.endedItself) return { kind: "ended-itself" };
  if (notice?.deliveredAt) return { kind: "told", at: notice.deliveredAt };
  if (notice && notice.expiresAt > now) {
    const { attempts, nextAttemptAt, problem } = notice;
    return { kind: "trying", attempts, nextAttemptAt, problem };
  }
  if (notice) return { kind: "given-up", attempts: notice.attempts };
  return hearsInBrowser ? { kind: "in-browser" } : { kind: "by-itself" };
}
