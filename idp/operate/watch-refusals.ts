// The seconds after a key was thrown out: each site is named as it begins to refuse the key, and in the
// end those that have not said so, with the time until which they may accept it (security K4).
import { setTimeout as pass } from "node:timers/promises";
import type { z } from "zod";
import { RefusalsAnswer } from "../endpoints/admin-api/key-revocation-answers.ts";
import type { AdminClient } from "./admin-client.ts";
import { Refusal } from "./config.ts";

type Refusals = z.output<typeof RefusalsAnswer>;
type Site = Refusals["sites"][number];

const LOOK_EVERY_MILLISECONDS = 500;

export interface Watched {
  /** As they were in the end; absent when Signet did not answer any more. */
  readonly refusals?: Refusals;
  /** What is left to say. */
  readonly lines: string[];
}

export interface Watch {
  /** How long at most. */
  readonly seconds: number;
  /** Hears of each site as soon as all its instances refuse the key. */
  readonly tell: (line: string) => void;
}

/** Ends when every site has said so that can. The key is thrown out whatever comes of this. */
export async function watchRefusals(
  admin: AdminClient,
  path: string,
  { seconds, tell }: Watch,
): Promise<Watched> {
  const until = Date.now() + seconds * 1000;
  const told = new Set<string>();
  for (;;) {
    const refusals = await admin.ask("GET", path, RefusalsAnswer).catch(refusalOf);
    if (refusals instanceof Refusal) {
      if (Date.now() >= until)
        return { lines: [`Who refuses it cannot be told now: ${refusals.message}`] };
    } else {
      for (const site of refusals.sites) {
        if (site.refused_at === undefined || told.has(site.client_id)) continue;
        told.add(site.client_id);
        tell(`${site.client_name} refused it at ${timeOfDay(site.refused_at)} (${counted(site)})`);
      }
      const missing = refusals.sites.filter(({ client_id }) => !told.has(client_id));
      if (!missing.some(mayYetSay) || Date.now() >= until)
        return { refusals, lines: closing(refusals, missing) };
    }
    await pass(LOOK_EVERY_MILLISECONDS);
  }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}

/** A site without the kit reports nothing, however long somebody waits. */
const mayYetSay = ({ instances, notice }: Site) =>
  instances.length > 0 || notice === "trying" || notice === "delivered";

function closing({ sites, accepted_until }: Refusals, missing: readonly Site[]): string[] {
  if (sites.length === 0) return ["No site holds keys of Signet now."];
  if (missing.length === 0) return ["Every site refuses it."];
  return [
    ...missing.map((site) => `${site.client_name} has not said that it refuses it (${why(site)})`),
    `A site that heeds Cache-Control accepts it until ${accepted_until.in_touch} at the latest;`,
    `one that does not reach Signet goes on with the keys it has until ${accepted_until.out_of_touch}.`,
  ];
}

const refusing = ({ instances }: Site) =>
  instances.filter(({ refused_at }) => refused_at !== undefined).length;

const counted = (site: Site) => `${refusing(site)} of ${site.instances.length} instances`;

function why(site: Site): string {
  const told = {
    none: "it cannot be told",
    delivered: "it was told",
    trying: "it is being told",
    expired: "it was never reached",
    unknown: "what it was told is no longer known",
  }[site.notice];
  const instances = site.instances.length === 0 ? "no instance reports" : counted(site);
  return [instances, told, ...(site.problem === undefined ? [] : [site.problem])].join(", ");
}

/** By this machine's clock face: somebody is looking at it. */
const timeOfDay = (time: string) => new Date(time).toLocaleTimeString("en-GB", { hour12: false });
