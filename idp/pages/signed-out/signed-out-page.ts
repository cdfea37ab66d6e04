/**
 * GET /signed-out: the receipt. Says what a sign-out ended and by when the rest stops counting, from
 * what was written down then; shown only in the browser that signed out.
 */
import type { Context } from "koa";
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import type { CookieJar } from "../../http/cookies.ts";
import { readQuery } from "../../http/parse.ts";
import { render } from "../../http/render.ts";
import { siteView } from "../../http/site-view.ts";
import type { Client } from "../../records/clients/client.ts";
import { SignOutReceipt } from "../../records/interactions/interaction-request.ts";
import type { InteractionStore } from "../../records/interactions/interaction-store.ts";

export interface SignedOutPageDeps {
  issuer: string;
  cookies: CookieJar;
  clients: { find(id: string): Promise<Client | undefined> };
  interactions: Pick<InteractionStore, "find">;
  clock: Clock;
}

const ReceiptQuery = z.object({
  receipt: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .optional(),
});

export const signedOutPage =
  ({ issuer, cookies, clients, interactions, clock }: SignedOutPageDeps) =>
  async (ctx: Context): Promise<void> => {
    const { receipt: id } = readQuery(ctx, ReceiptQuery);
    const browser = cookies.read(ctx, "browser");
    const kept = id && browser ? await interactions.find(id, browser, clock.now()) : undefined;
    const receipt = SignOutReceipt.safeParse(kept?.request);
    const issuerHost = new URL(issuer).host;
    if (!kept || !receipt.success) {
      return render(ctx, "signed-out", {
        issuerHost,
        wasSignedIn: false,
        at: clock.now(),
        sites: [],
      });
    }
    const sites = await Promise.all(
      receipt.data.sites.map(async ({ clientId, endsBy }) => {
        const client = await clients.find(clientId);
        return client && { site: siteView(client), endsBy };
      }),
    );
    render(ctx, "signed-out", {
      issuerHost,
      wasSignedIn: true,
      at: receipt.data.at,
      reference: kept.id.slice(0, 8),
      sites: sites.filter((site) => site !== undefined),
    });
  };
