// Who is ready for the keys that sign next, as rows of a table and as the reason why a rotation waits.
import type { KeyReadiness, SiteReadiness } from "../../../keys/key-readiness.ts";
import type { SiteView } from "../../http/views.ts";

export interface SiteRow {
  readonly site: SiteView;
  readonly standing: SiteReadiness["standing"];
  readonly instances: number;
  /** Of them, those that lack a key which signs next. */
  readonly lacking: number;
  /** Whether all of it has reported the keys that sign next, counted or not. */
  readonly isReady: boolean;
  readonly heardAt?: Date;
  readonly drill:
    | { readonly kind: "verified"; readonly at: Date }
    | {
        readonly kind: "refused" | "unreachable";
        readonly at: Date;
        readonly problem?: string | undefined;
      }
    /** It can be asked, and has not been. */
    | { readonly kind: "not-asked" }
    /** It has not told us where. */
    | { readonly kind: "cannot" };
}

export interface ReadyModel {
  readonly next: readonly { readonly kid: string; readonly alg: string }[];
  /** Of the sites that count. */
  readonly ready: number;
  readonly counted: number;
  readonly rows: readonly SiteRow[];
  /** Sites beyond the rows; none of them counts. */
  readonly more: number;
  /** How many can be asked in a drill. */
  readonly askable: number;
  /** How far back a token makes a site count. */
  readonly countsForSeconds: number;
}

/** Beyond this a table says less than a number. */
const MOST_ROWS = 60;
const isCounted = ({ counts }: SiteReadiness): boolean => counts;

/** @param viewOf  a site as people know it */
export async function readyModel(
  { next, sites }: KeyReadiness,
  viewOf: (site: SiteReadiness) => Promise<SiteView>,
  countsForSeconds: number,
): Promise<ReadyModel> {
  const counted = sites.filter(isCounted);
  const inOrder = [...counted, ...sites.filter((site) => !isCounted(site))];
  const shown = inOrder.slice(0, Math.max(MOST_ROWS, counted.length));
  return {
    next,
    ready: counted.filter(({ standing }) => standing === "ready").length,
    counted: counted.length,
    rows: await Promise.all(shown.map(async (site) => siteRow(site, await viewOf(site)))),
    more: sites.length - shown.length,
    askable: sites.filter(({ hearsEvents }) => hearsEvents).length,
    countsForSeconds,
  };
}

function siteRow(readiness: SiteReadiness, site: SiteView): SiteRow {
  const { standing, instances, lacking, why } = readiness;
  const heardAt = instances
    .map(({ seenAt }) => seenAt)
    .sort((a, b) => b.getTime() - a.getTime())[0];
  return {
    site,
    standing,
    instances: instances.length,
    lacking: lacking.length,
    isReady: why === undefined,
    ...(heardAt && { heardAt }),
    drill: drillOf(readiness),
  };
}

function drillOf({ probe, hearsEvents }: SiteReadiness): SiteRow["drill"] {
  if (!probe) return { kind: hearsEvents ? "not-asked" : "cannot" };
  const { outcome, at, problem } = probe;
  return outcome === "verified" ? { kind: outcome, at } : { kind: outcome, at, problem };
}

/** The sites that a rotation now would surprise, by name. */
export const waitedFor = ({ sites }: KeyReadiness): string[] =>
  sites
    .filter(({ standing }) => standing === "silent" || standing === "lacking")
    .map(({ name }) => name);
