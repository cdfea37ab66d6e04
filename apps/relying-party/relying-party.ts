// The relying-party kit: what a site needs to let people in by an OpenID provider, and nothing else.
// It owns the redirect to the provider, the callback, the site session, bearer tokens on /api, sign-out here and from
// afar, and the copies of the provider's keys and status lists; it leaves pages and data to the site. OpenID Connect
// Core 1.0, RFC 9068, RFC 6750, RFC 9207, RP-Initiated and Back-Channel Logout 1.0, Token Status List (draft-20).
import { join } from "node:path";
import Router from "@koa/router";
import type { Logger } from "pino";
import { createAuthorizationServer } from "./authorization-server.ts";
import { createCallback } from "./callback.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { EndedSessions } from "./ended-sessions.ts";
import { createHealth } from "./health.ts";
import { boundedFetch, type FetchLike, networkFetch } from "./outbound-fetch.ts";
import { createReadOwnForm, type ReadOwnForm } from "./own-form.ts";
import { createOwnKey } from "./own-key.ts";
import { createProtectedResource } from "./protected-resource.ts";
import { createProvider } from "./provider.ts";
import { ProviderMetadata } from "./provider-metadata.ts";
import { createReachability } from "./reachability.ts";
import { createRequireAccess, type NeededAccess } from "./require-access.ts";
import { createRequireSession } from "./require-session.ts";
import { createSessionRenewal } from "./session-renewal.ts";
import { createBeginSignIn } from "./sign-in.ts";
import { createSignInPage } from "./sign-in-page.ts";
import { createSignOut } from "./sign-out.ts";
import type { SiteConfig } from "./site-config.ts";
import { createSiteKeys } from "./site-keys.ts";
import { createSiteSessions } from "./site-sessions.ts";
import { createSiteTokens } from "./site-tokens.ts";
import { stateFile } from "./state-file.ts";
import type { SiteMiddleware, SiteState } from "./visit.ts";

export interface RelyingPartyOptions {
  config: SiteConfig;
  /** What to ask for: "openid profile email accounts:read". */
  scope: string;
  logger: Logger;
  clock?: Clock;
  /** The access tokens' audience; the site's own API unless told otherwise. */
  resource?: string;
  fetch?: FetchLike;
  /** Where ended sessions are remembered, when several instances share it; DATA_DIR otherwise. */
  endedSessions?: EndedSessions;
}

export interface RelyingParty {
  /** Sign-in, callback, sign-out, back-channel logout, key events, the API's metadata, health. */
  routes(): Router<SiteState>;
  /**
   * For pages: no session → off to the identity provider and back here. Sets what `visitOf` reads. A strict page
   * answers 503 while the provider does not say whether access has been taken back.
   */
  requireSession(needed?: { strict?: boolean }): SiteMiddleware;
  /** For /api: a bearer access token with this scope (RFC 6750). Sets what `accessOf` reads. */
  requireAccess(needed: NeededAccess): SiteMiddleware;
  /** For a page's POST, after requireSession: the form's fields, if a page of this session has sent it. */
  readOwnForm: ReadOwnForm;
  /** Whether the kit can verify tokens and begin sign-ins. */
  isReady(): boolean;
  /** Distrusts a key now: tokens by it, verified before or not, are refused. */
  distrust(kid: string): Promise<void>;
  start(): Promise<void>;
  /** Not ready from now on; everything else goes on working until `stop`. */
  drain(): void;
  stop(): Promise<void>;
}

/** The one signature algorithm that this kit accepts; a token never chooses (RFC 8725 §3.1). */
const ALGORITHM = "RS256";

export function createRelyingParty(options: RelyingPartyOptions): RelyingParty {
  const { config, scope, logger, clock = systemClock, resource = config.resource } = options;
  const { issuer, baseUrl, dataDirectory } = config;
  const redirectUri = `${baseUrl}/callback`;
  const algorithms = [ALGORITHM];

  const network = options.fetch ? undefined : networkFetch();
  const rawFetch = options.fetch ?? network?.fetch ?? fetch;
  const limits = { maxBytes: 256 * 1024, deadlineMilliseconds: 5000 };
  const outbound = boundedFetch(rawFetch, limits);

  const reachability = createReachability({ clock });
  const ownKey = createOwnKey({ path: config.clientKeyFile, clock });
  const provider = createProvider({
    issuer,
    client: config.client,
    ownKey: ownKey.get,
    fetch: outbound,
    file: stateFile(join(dataDirectory, "provider.json"), ProviderMetadata),
    reachability,
    logger,
    // The first key set is wanted now, not at the next look at the clock.
    discovered: () => void keys.refresh(),
  });
  const shared = { issuer, algorithms, fetch: rawFetch, clock, logger };
  const siteKeys = createSiteKeys({
    ...shared,
    provider: () => provider,
    dataDirectory,
    reachability,
    changed: () => accessTokens.forget(),
  });
  const { keys } = siteKeys;
  const tokens = createSiteTokens({ ...shared, resource, keys, provider });
  const { accessTokens, verifyIdToken } = tokens;
  const authorizationServer = createAuthorizationServer({
    provider: provider.known,
    fetch: outbound,
    clock,
    scope,
    resource,
    redirectUri,
    algorithm: ALGORITHM,
  });

  const siteSessions = createSiteSessions({
    config,
    endedSessions: options.endedSessions,
    verifyLogoutToken: tokens.verifyLogoutToken,
    accessHasEnded: tokens.accessHasEnded,
    clock,
    logger,
  });
  const { sessions, signIns, csrf } = siteSessions;

  const keepCurrent = createSessionRenewal({
    authorizationServer,
    accessTokens,
    verifyIdToken,
    keys,
    reachability,
    outageGraceSeconds: config.outageGraceSeconds,
    clock,
    logger,
  });
  const beginSignIn = createBeginSignIn({
    provider,
    authorizationServer,
    reachability,
    signIns,
    baseUrl,
    clock,
  });
  const signInPage = createSignInPage({ beginSignIn, issuer, baseUrl });
  const callback = createCallback({
    authorizationServer,
    accessTokens,
    verifyIdToken,
    signIns,
    sessions,
    redirectUri,
    clock,
  });
  const api = createProtectedResource({ resource, issuer, name: config.name });
  const signOut = createSignOut({ sessions, csrf, authorizationServer, reachability, baseUrl });
  let draining = false;
  const isReady = () => !draining && provider.known() !== undefined && keys.isUsable();
  const health = createHealth({ isReady });

  return {
    routes: () =>
      // A path is spelled one way.
      new Router<SiteState>({ strict: true, sensitive: true })
        .get("/sign-in", signInPage.begin)
        .post("/sign-in", signInPage.receive)
        .get("/callback", callback)
        .post("/sign-out", signOut)
        .post("/backchannel-logout", siteSessions.receiveLogout)
        .post("/key-events", siteKeys.receive)
        .get("/client-keys", ownKey.show)
        .get(api.metadataPath, api.show)
        .get("/health/live", health.live)
        .get("/health/ready", health.ready),
    requireSession: createRequireSession({
      sessions,
      keepCurrent,
      beginSignIn,
      keys,
      csrf,
      issuer,
      clock,
      logger,
    }),
    requireAccess: createRequireAccess({ accessTokens, realm: resource, api, logger }),
    readOwnForm: createReadOwnForm({ csrf, baseUrl }),
    isReady,
    distrust: (kid) => keys.distrust([kid]),
    async start() {
      // A site with a secret has no need of a key.
      if (config.client.kind !== "secret") await ownKey.start();
      await siteSessions.start();
      await siteKeys.start();
      tokens.start();
      await provider.start();
    },
    drain() {
      draining = true;
    },
    async stop() {
      await siteKeys.leave();
      // Closing the network cuts short what is under way; what has arrived is still written.
      await Promise.all([network?.close(), siteKeys.stop(), tokens.stop(), provider.stop()]);
    },
  };
}
