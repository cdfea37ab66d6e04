// A site built on the kit as small as a site can be: one page, one API, the problem page.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommonViews, siteApp } from "../../../../apps/relying-party/site-app.ts";
import { readSiteConfig } from "../../../../apps/relying-party/site-config.ts";
import { createSiteLogger } from "../../../../apps/relying-party/site-log.ts";
import {
  type RunningSite,
  type Site,
  startSite,
} from "../../../../apps/relying-party/site-main.ts";
import { accessOf, visitOf } from "../../../../apps/relying-party/visit.ts";
import { freePort } from "../../../support/free-port.ts";
import { type MovableClock, movableClock } from "../../../support/movable-clock.ts";
import { aVisitor, type Visitor } from "./a-visitor.ts";
import { anIssuer, CLIENT, type TestIssuer } from "./an-issuer.ts";

interface Views extends CommonViews {
  page: { name: string; report: string; outage: string };
}

const views = join(import.meta.dirname, "views");

/** The page prints what the kit established, so that tests can read it. */
export const smallSite: Site = {
  scope: "openid profile email accounts:read",
  app: ({ config, relyingParty, logger }) =>
    siteApp<Views>({
      config,
      relyingParty,
      logger,
      views,
      assets: { "/assets": views },
      routes({ router, render }) {
        router.get(["/", "/deep/:page"], relyingParty.requireSession(), (ctx) => {
          const { signedIn, pass, outage } = visitOf(ctx);
          const report = JSON.stringify(pass);
          return render(ctx, "page", {
            name: `${signedIn.name} ${signedIn.issuer} ${signedIn.subject}`,
            report,
            outage: JSON.stringify(outage ?? null),
          });
        });
        router.post("/act", relyingParty.requireSession(), (ctx) => {
          ctx.body = "done";
        });
        router.get(
          "/api/accounts",
          relyingParty.requireAccess({ scope: "accounts:read" }),
          (ctx) => {
            ctx.body = { sub: accessOf(ctx).sub };
          },
        );
        router.get(
          "/api/transfers",
          relyingParty.requireAccess({ scope: "transfers:write" }),
          (ctx) => {
            ctx.body = {};
          },
        );
        router.get("/strict", relyingParty.requireSession({ strict: true }), (ctx) => {
          ctx.body = "done";
        });
        router.get(
          "/api/strict",
          relyingParty.requireAccess({ scope: "accounts:read", strict: true }),
          (ctx) => {
            ctx.body = {};
          },
        );
        router.get("/broken", () => {
          throw new Error("a secret detail");
        });
      },
    }),
};

export interface SiteWorld {
  clock: MovableClock;
  issuer: TestIssuer;
  site: RunningSite;
  baseUrl: string;
  dataDirectory: string;
  /** Everything the site has logged. */
  logged(): string;
  /** Stops the site and starts it again on the same data. */
  restart(env?: Record<string, string>): Promise<void>;
  visitor(): Visitor;
  /** A visitor who has signed in and is on the front page. */
  signedInVisitor(): Promise<Visitor>;
  /** An access token for this site's API, signed as given. */
  token(changes?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  api(token: string, path?: string): ReturnType<Visitor["request"]>;
  /** Brings a key event to the site, as the provider would. */
  keyEvent(token: string): ReturnType<Visitor["request"]>;
  /** Brings a logout token to the site, as the provider would. */
  logout(token: string): ReturnType<Visitor["request"]>;
  close(): Promise<void>;
}

export interface SiteWorldOptions {
  env?: Record<string, string>;
  /** The site starts while the issuer is not up. */
  issuerDown?: boolean;
  asksForSightings?: boolean;
  servesStatusLists?: boolean;
  /** Makes the issuer what it is to be when the site first meets it. */
  issuerIs?: (issuer: TestIssuer) => void;
}

export async function aSite(options: SiteWorldOptions = {}): Promise<SiteWorld> {
  const clock = movableClock();
  const { asksForSightings = false, servesStatusLists = false } = options;
  const issuer = await anIssuer({
    clock,
    port: await freePort(),
    asksForSightings,
    servesStatusLists,
  });
  options.issuerIs?.(issuer);
  if (options.issuerDown) await issuer.stop();
  const dataDirectory = await mkdtemp(join(tmpdir(), "signet-site-"));
  const port = await freePort();
  const lines: string[] = [];
  const logger = createSiteLogger(
    { level: "debug", site: "test" },
    { write: (line) => lines.push(line) },
  );
  const visitors: Visitor[] = [];

  const start = (env: Record<string, string> = {}) => {
    const settings = {
      ISSUER: issuer.issuer,
      CLIENT_ID: CLIENT.clientId,
      CLIENT_SECRET: CLIENT.clientSecret,
      DATA_DIR: dataDirectory,
      ...options.env,
      ...env,
    };
    const config = readSiteConfig(settings, {
      name: "Harbour Bank",
      hostname: "bank.localhost",
      port,
      cookiePrefix: "harbour",
      dataDirectory,
    });
    return startSite(smallSite, { config, clock, logger });
  };

  const world: SiteWorld = {
    clock,
    issuer,
    site: await start(),
    baseUrl: `http://bank.localhost:${port}`,
    dataDirectory,
    logged: () => lines.join(""),
    async restart(env) {
      await world.site.stop();
      world.site = await start(env);
    },
    visitor() {
      const visitor = aVisitor();
      visitors.push(visitor);
      return visitor;
    },
    async signedInVisitor() {
      const visitor = world.visitor();
      const page = await visitor.visit(`${world.baseUrl}/`);
      if (page.status !== 200) throw new Error(`not signed in: ${page.status} ${page.text}`);
      return visitor;
    },
    token: (changes = {}, header = {}) =>
      issuer.accessToken({ aud: `${world.baseUrl}/api`, ...changes }, header),
    api: (token, path = "/api/accounts") =>
      world
        .visitor()
        .request(`${world.baseUrl}${path}`, { headers: { authorization: `Bearer ${token}` } }),
    keyEvent: (token) =>
      world.visitor().request(`${world.baseUrl}/key-events`, { form: { event_token: token } }),
    logout: (token) =>
      world
        .visitor()
        .request(`${world.baseUrl}/backchannel-logout`, { form: { logout_token: token } }),
    async close() {
      await Promise.all(visitors.map((visitor) => visitor.close()));
      await world.site.stop();
      await issuer.stop();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
  if (!options.issuerDown) await untilReady(world);
  return world;
}

/** Starting is in the background by design; tests wait for it to have happened. */
export async function untilReady(world: SiteWorld): Promise<void> {
  while (!world.site.relyingParty.isReady())
    await new Promise((resolve) => setTimeout(resolve, 10));
}
