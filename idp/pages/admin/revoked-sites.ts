// How each site stands with a key that was thrown out, and whether anything is still open.
import type { SiteView } from "../../http/views.ts";
import type { SiteRefusal } from "../../records/key-revocations/key-refusal-report.ts";
import type { RevokedSite } from "./revoked-model.ts";

export function revokedSite(
  { refusedAt, notice, instances, problem }: SiteRefusal,
  site: SiteView,
  revokedAt: Date,
): RevokedSite {
  return { site, instances, standing: standing() };

  function standing(): RevokedSite["standing"] {
    if (refusedAt) {
      const after = (refusedAt.getTime() - revokedAt.getTime()) / 1000;
      // By the site's own clock, which may be behind ours.
      return { kind: "refuses", at: refusedAt, afterSeconds: Math.max(0, Math.round(after)) };
    }
    if (notice === "expired") return { kind: "given-up", problem };
    if (notice === "unknown") return { kind: "not-known" };
    const isHeard = notice !== "none" || instances.length > 0;
    return isHeard ? { kind: "telling", problem } : { kind: "by-itself" };
  }
}

/** Whether looking again can show something new. */
export const isOpen = (sites: readonly RevokedSite[]): boolean =>
  sites.some(({ standing }) => standing.kind === "telling");
