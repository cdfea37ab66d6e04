// One of the two sites as people meet it, over real HTTP, beside a small issuer that signs in whomever
// the test names. Time stands still until the test moves it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SiteConfig } from "../../../apps/relying-party/site-config.ts";
import { createSiteLogger } from "../../../apps/relying-party/site-log.ts";
import { type RunningSite, type Site, startSite } from "../../../apps/relying-party/site-main.ts";
import { freePort } from "../../support/free-port.ts";
import { type MovableClock, movableClock } from "../../support/movable-clock.ts";
import { aVisitor, type Page, type Visitor } from "../relying-party/support/a-visitor.ts";
import { anIssuer, CLIENT, type TestIssuer } from "../relying-party/support/an-issuer.ts";

export interface SiteOfOurs {
  readonly baseUrl: string;
  readonly clock: MovableClock;
  readonly issuer: TestIssuer;
  /** Somebody who has signed in as the issuer's present person. */
  signedIn(person?: Partial<TestIssuer["person"]>): Promise<SignedInVisitor>;
  visitor(): Visitor;
  api(path: string, scope: string, subject?: string): Promise<Page>;
  /** One request to the site's API by a bearer of this scope, with a token of other claims where given. */
  call(
    path: string,
    scope: string,
    request: { headers?: Record<string, string>; body?: string; claims?: Record<string, unknown> },
  ): Promise<Page>;
  /** Stops the site and starts it again on the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface SignedInVisitor {
  get(path: string): Promise<Page>;
  post(path: string, form: Record<string, string>, headers?: Record<string, string>): Promise<Page>;
}

export async function aSiteOfOurs(options: {
  site: Site;
  readConfig: (env: Record<string, string>) => SiteConfig;
  hostname: string;
  at?: string;
  issuerDown?: boolean;
  servesStatusLists?: boolean;
}): Promise<SiteOfOurs> {
  const clock = movableClock(new Date(options.at ?? "2026-11-20T13:06:38.204Z"));
  const { servesStatusLists = false } = options;
  const issuer = await anIssuer({ clock, port: await freePort(), servesStatusLists });
  if (options.issuerDown) await issuer.stop();
  const dataDirectory = await mkdtemp(join(tmpdir(), "signet-site-"));
  const port = await freePort();
  const config = options.readConfig({
    ISSUER: issuer.issuer,
    PORT: String(port),
    CLIENT_ID: CLIENT.clientId,
    CLIENT_SECRET: CLIENT.clientSecret,
    DATA_DIR: dataDirectory,
  });
  const logger = createSiteLogger({ level: "silent", site: config.name });
  const start = () => startSite(options.site, { config, clock, logger });
  let running: RunningSite = await start();
  const baseUrl = `http://${options.hostname}:${port}`;
  const visitors: Visitor[] = [];
  const visitor = () => {
    const made = aVisitor();
    visitors.push(made);
    return made;
  };
  if (!options.issuerDown) await untilReady(running);

  return {
    baseUrl,
    clock,
    issuer,
    visitor,
    async signedIn(person = {}) {
      issuer.person = { ...issuer.person, ...person };
      const somebody = visitor();
      await somebody.visit(`${baseUrl}/`);
      return {
        get: (path) => somebody.request(`${baseUrl}${path}`),
        post: (path, form, headers = {}) =>
          somebody.request(`${baseUrl}${path}`, { form, headers }),
      };
    },
    async api(path, scope, subject = issuer.person.sub) {
      const token = await issuer.accessToken({ aud: config.resource, scope, sub: subject });
      const headers = { authorization: `Bearer ${token}` };
      return visitor().request(`${baseUrl}${path}`, { headers });
    },
    async call(path, scope, { headers = {}, body, claims = {} }) {
      const token = await issuer.accessToken({ aud: config.resource, scope, ...claims });
      const authorization = { authorization: `Bearer ${token}`, ...headers };
      return visitor().request(`${baseUrl}${path}`, {
        headers: authorization,
        ...(body !== undefined && { method: "POST", body }),
      });
    },
    async restart() {
      await running.stop();
      running = await start();
      await untilReady(running);
    },
    async close() {
      await Promise.all(visitors.map((each) => each.close()));
      await running.stop();
      await issuer.stop();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

/** Starting is in the background by design; tests wait for it to have happened. */
async function untilReady(running: RunningSite): Promise<void> {
  while (!running.relyingParty.isReady()) await new Promise((resolve) => setTimeout(resolve, 10));
}
