/** GET /: who is signed in here, where to go, and how to sign out. */
import type { Context } from "koa";
import type { KeyRing } from "../../../keys/key-ring.ts";
import type { Clock } from "../../../prisma/clock.ts";
import type { CookieJar } from "../../http/cookies.ts";
import type { OwnPageUrl } from "../../http/own-pages.ts";
import { render } from "../../http/render.ts";
import { openingAddress, siteView } from "../../http/site-view.ts";
import type { AccountProfile } from "../../records/accounts/account.ts";
import type { Client } from "../../records/clients/client.ts";
import type { SessionStore } from "../../records/sessions/session-store.ts";

export interface HomePageDeps {
  issuer: string;
  cookies: CookieJar;
  sessions: Pick<SessionStore, "find">;
  clientStore: { listFirstParty(): Promise<Client[]> };
  ring: Pick<KeyRing, "activeKid">;
  lifetimes: { accessTokenSeconds: number };
  ownPageUrl: OwnPageUrl;
  clock: Clock;
}

const mayEnterConsole = ({ isAdmin, isKeyAdmin }: AccountProfile): boolean => isAdmin || isKeyAdmin;

export const homePage =
  ({ issuer, cookies, sessions, clientStore, ring, lifetimes, ownPageUrl, clock }: HomePageDeps) =>
  async (ctx: Context): Promise<void> => {
    const secret = cookies.read(ctx, "session");
    const signedIn = secret ? await sessions.find(secret, clock.now()) : undefined;
    // Anybody may register a client; only our own are recommended on our front page.
    const sites = await clientStore.listFirstParty();
    render(ctx, "home", {
      issuerHost: new URL(issuer).host,
      person: signedIn && {
        name: signedIn.account.name,
        email: signedIn.account.email,
        console: mayEnterConsole(signedIn.account) ? ownPageUrl("/admin/keys") : undefined,
        since: signedIn.session.authenticatedAt,
      },
      sites: sites.map((site) => ({ ...siteView(site), open: openingAddress(site, issuer) })),
      activeKeyId: ring.activeKid,
      passSeconds: lifetimes.accessTokenSeconds,
    });
  };
