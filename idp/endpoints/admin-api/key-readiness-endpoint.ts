import type { Context } from "koa";
import type { KeyLifecycle } from "../../../keys/key-lifecycle.ts";
import { keyReadiness } from "../../../keys/key-readiness.ts";
import { sendJson } from "../../http/respond.ts";
import type { KeyProbeStore } from "../../records/key-probes/key-probe-store.ts";
import type { KeySightingStore } from "../../records/key-sightings/key-sighting-store.ts";
import { secondsBefore } from "../../records/lifetimes.ts";
import type { Drill } from "../../sending/drill.ts";
import { drillAnswer, readinessAnswer } from "./key-answers.ts";
import { operatorCause } from "./operator-endpoint.ts";
import { readRequest } from "./request-endpoint.ts";
import { PerhapsReason } from "./words.ts";

export interface KeyReadinessEndpointDeps {
  keys: Pick<KeyLifecycle, "list">;
  sightings: Pick<KeySightingStore, "sites">;
  keyProbes: Pick<KeyProbeStore, "latest">;
  drill: Drill;
  clock: { now(): Date };
  config: {
    readonly signingAlgs: readonly string[];
    readonly keys: { readonly leadSeconds: number };
  };
}

/** `GET /keys/readiness`, `POST /keys/drill`: how far the sites are with the keys that sign next. */
export const keyReadinessEndpoint = ({
  keys,
  sightings,
  keyProbes,
  drill,
  clock,
  config,
}: KeyReadinessEndpointDeps) => ({
  async show(ctx: Context) {
    const now = clock.now();
    const known = await keys.list();
    const pending = known.filter(({ state }) => state === "pending").map(({ kid }) => kid);
    const [sites, probes] = await Promise.all([
      sightings.sites(secondsBefore(now, config.keys.leadSeconds), now),
      keyProbes.latest(pending),
    ]);
    const algs = config.signingAlgs;
    sendJson(ctx, readinessAnswer(keyReadiness({ keys: known, algs, sites, probes, now })));
  },

  /** Every site's kit verifies a harmless token of a key that signs next; nothing else changes. */
  async drill(ctx: Context) {
    const cause = operatorCause(ctx, await readRequest(ctx, PerhapsReason));
    sendJson(ctx, drillAnswer(await drill(cause, clock.now())));
  },
});
