/**
 * GET /signed-out: the receipt. Says what a sign-out ended, which sites have heard of it and by when the
 * rest stops counting; looks again by itself while a site is being told, without a script. Shown only in
 * the browser that signed out. Sites that hear in browsers are asked from here (OIDC Front-Channel Logout §3).
 */
import type { Context } from "koa";
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import { withQuery } from "../../http/authorization-response.ts";
import type { CookieJar } from "../../http/cookies.ts";
import { readQuery } from "../../http/parse.ts";
import { render } from "../../http/render.ts";
import { allowFrames } from "../../http/security-headers.ts";
import { siteView } from "../../http/site-view.ts";
import type { Client } from "../../records/clients/client.ts";
import { SignOutReceipt } from "../../records/interactions/interaction-request.ts";
import type { InteractionStore } from "../../records/interactions/interaction-store.ts";
import type { LogoutDeliveryStore } from "../../records/outbox/logout-delivery-store.ts";
import { siteEnding } from "./site-ending.ts";

export interface SignedOutPageDeps {
  issuer: string;
  cookies: CookieJar;
  clients: { find(id: string): Promise<Client | undefined> };
  interactions: Pick<InteractionStore, "find">;
  logoutDeliveries: Pick<LogoutDeliveryStore, "noticesOf">;
  clock: Clock;
}

const ReceiptQuery = z.object({
  receipt: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional(),
  /** Looked at before: browsers have been asked. */
  again: z.enum(["1"]).optional().catch(undefined),
});

/** A site that listens answers within a second or two; whoever has not by then takes its time. */
const SOON_SECONDS = 60;
const LOOK_SOON_SECONDS = 2;
const LOOK_LATER_SECONDS = 15;
/** For the sites that hear in this browser to have loaded their pages. */
const ONWARD_SECONDS = 3;

export const signedOutPage = (deps: SignedOutPageDeps) => {
  const { issuer, cookies, clients, interactions, logoutDeliveries, clock } = deps;
  const issuerHost = new URL(issuer).host;

  return async (ctx: Context): Promise<void> => {
    const { receipt: id, again } = readQuery(ctx, ReceiptQuery);
    const browser = cookies.read(ctx, "browser");
    const now = clock.now();
    const kept = id && browser ? await interactions.find(id, browser, now) : undefined;
    const receipt = SignOutReceipt.safeParse(kept?.request).data;
    if (!kept || !receipt) {
      const nothing = { browsers: 0, everywhere: false, at: now, now, sites: [], frames: [] };
      return render(ctx, "signed-out", { issuerHost, ...nothing });
    }

    const sites = await sitesOf(receipt, now);
    const frames = again ? [] : sites.flatMap(({ frame }) => frame ?? []);
    if (frames.length > 0) allowFrames(ctx, frames);
    const isOpen = sites.some(({ ending }) => ending.kind === "trying");
    const watch = { seconds: lookAfterSeconds(receipt.at, now), receipt: kept.id };
    const { onward } = receipt;
    // As <meta http-equiv="refresh"> would, but for this answer alone.
    if (onward !== undefined) ctx.set("Refresh", `${ONWARD_SECONDS}; url=${onward}`);
    else if (isOpen)
      ctx.set("Refresh", `${watch.seconds}; url=/signed-out?receipt=${kept.id}&again=1`);
    render(ctx, "signed-out", {
      issuerHost,
      browsers: receipt.sessionIds.length,
      everywhere: receipt.everywhere,
      at: receipt.at,
      now,
      reference: kept.id.slice(0, 8),
      sites,
      frames,
      ...(onward === undefined ? isOpen && { watch } : { onward }),
    });
  };

  async function sitesOf({ sessionIds, sites }: SignOutReceipt, now: Date) {
    const notices = await logoutDeliveries.noticesOf(sessionIds);
    const known = await Promise.all(
      sites.map(async (site) => {
        const client = await clients.find(site.clientId);
        if (!client) return undefined;
        const told = notices.filter(({ clientId }) => clientId === client.id);
        const frame = client.disabledAt ? undefined : frameOf(client, site.sid);
        return {
          site: siteView(client),
          ending: siteEnding(site, { notices: told, hearsInBrowser: frame !== undefined }, now),
          endsBy: site.endsBy,
          frame,
        };
      }),
    );
    return known.filter((site) => site !== undefined);
  }

  /** §2: a client that asks for it is told of which session. It knows no other browser's. */
  function frameOf(client: Client, sid: string | undefined): string | undefined {
    if (sid === undefined) return undefined;
    const { frontchannelLogoutUri: uri, frontchannelLogoutSessionRequired: named } = client;
    return uri && withQuery(uri, named ? { iss: issuer, sid } : {});
  }
};

const lookAfterSeconds = (signedOutAt: Date, now: Date): number =>
  now.getTime() - signedOutAt.getTime() <= SOON_SECONDS * 1000
    ? LOOK_SOON_SECONDS
    : LOOK_LATER_SECONDS;
