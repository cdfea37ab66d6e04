// Every route and what it is given. A new endpoint or page is a new file and a line here; a new grant
// type is a new file and a line in `grantTypes`. What is not mounted here is not advertised.
import Router from "@koa/router";
import type { Capabilities } from "./capabilities.ts";
import type { Config } from "./config.ts";
import { adminApi } from "./endpoints/admin-api/admin-api-endpoint.ts";
import { authorizeEndpoint } from "./endpoints/authorize/authorize-endpoint.ts";
import { parEndpoint } from "./endpoints/authorize/par-endpoint.ts";
import {
  DEVICE_CODE_GRANT,
  deviceAuthorizationEndpoint,
} from "./endpoints/device/device-authorization-endpoint.ts";
import { discoveryEndpoint } from "./endpoints/discovery/discovery-endpoint.ts";
import { healthEndpoint } from "./endpoints/health/health-endpoint.ts";
import type { Readiness } from "./endpoints/health/readiness.ts";
import { introspectionEndpoint } from "./endpoints/introspection/introspection-endpoint.ts";
import { jwksEndpoint } from "./endpoints/jwks/jwks-endpoint.ts";
import { keySightingsEndpoint } from "./endpoints/key-sightings/key-sightings-endpoint.ts";
import { endSessionEndpoint } from "./endpoints/logout/end-session-endpoint.ts";
import { registeredClientEndpoint } from "./endpoints/registration/registered-client-endpoint.ts";
import { registrationEndpoint } from "./endpoints/registration/registration-endpoint.ts";
import { revocationEndpoint } from "./endpoints/revocation/revocation-endpoint.ts";
import { statusListEndpoint } from "./endpoints/status-list/status-list-endpoint.ts";
import { authorizationCodeGrant } from "./endpoints/token/authorization-code-grant.ts";
import { clientCredentialsGrant } from "./endpoints/token/client-credentials-grant.ts";
import { deviceCodeGrant } from "./endpoints/token/device-code-grant.ts";
import { issueTokens } from "./endpoints/token/issue-tokens.ts";
import { refreshTokenGrant } from "./endpoints/token/refresh-token-grant.ts";
import { tokenEndpoint } from "./endpoints/token/token-endpoint.ts";
import { userinfoEndpoint } from "./endpoints/userinfo/userinfo-endpoint.ts";
import type { SendAuthorizationResponse } from "./http/authorization-response.ts";
import type { CookieJar } from "./http/cookies.ts";
import type { FindReady } from "./http/ready-answers.ts";
import { accountPage } from "./pages/account/account-page.ts";
import { changePasswordPage } from "./pages/account/change-password-page.ts";
import { notMePage } from "./pages/account/not-me-page.ts";
import { signOutPage } from "./pages/account/sign-out-page.ts";
import { takeBackPage } from "./pages/account/take-back-page.ts";
import { drillPage } from "./pages/admin/drill-page.ts";
import { adminKeysPage } from "./pages/admin/keys-page.ts";
import { revocationRequestsPage } from "./pages/admin/revocation-requests-page.ts";
import { revokePage } from "./pages/admin/revoke-page.ts";
import { revokedPage } from "./pages/admin/revoked-page.ts";
import { rotatePage } from "./pages/admin/rotate-page.ts";
import { chooseAccountPage } from "./pages/choose-account/choose-account-page.ts";
import { consentPage } from "./pages/consent/consent-page.ts";
import { deviceAnswerPage } from "./pages/device/device-answer-page.ts";
import { devicePage } from "./pages/device/device-page.ts";
import { deviceQrPage } from "./pages/device/device-qr-page.ts";
import { errorsPage } from "./pages/errors/errors-page.ts";
import { homePage } from "./pages/home/home-page.ts";
import { loginPage } from "./pages/login/login-page.ts";
import { passwordPage } from "./pages/password/password-page.ts";
import { signedOutPage } from "./pages/signed-out/signed-out-page.ts";

export interface RouteDeps extends Capabilities {
  readonly config: Config;
  readonly cookies: CookieJar;
  readonly readiness: Readiness;
  readonly sendAuthorizationResponse: SendAuthorizationResponse;
}

/** What programs call, with all that lies below: there, whatever is wrong is told in JSON. */
export const PROGRAM_PATHS: readonly string[] = [
  "/.well-known",
  "/jwks",
  "/par",
  "/device_authorization",
  "/token",
  "/userinfo",
  "/revocation",
  "/introspection",
  "/status-lists",
  "/registration",
  "/key-sightings",
  "/health",
  "/admin/api",
];

const OPEN_TO_ALL_ORIGINS: ReadonlySet<string> = new Set([
  "/.well-known/openid-configuration",
  "/.well-known/oauth-authorization-server",
  "/jwks",
  "/token",
  "/userinfo",
  "/revocation",
  "/status-lists",
]);

/** Doors that any page of any site may call (design: CORS). */
export const isOpenToAllOrigins = (path: string): boolean =>
  OPEN_TO_ALL_ORIGINS.has(path) || path.startsWith("/status-lists/");

// A path is spelled one way: letters in other cases and trailing slashes are other paths (security D2).
const exact = { strict: true, sensitive: true };

/** What programs call, and which of it is ready before they do. */
export function programRoutes(deps: RouteDeps): { router: Router; findReady: FindReady } {
  const { config, issuer, ring } = deps;
  const grantTypes = new Map([
    ["authorization_code", authorizationCodeGrant({ ...deps, issueTokens: issueTokens(deps) })],
    ["refresh_token", refreshTokenGrant({ ...deps, issueTokens: issueTokens(deps) })],
    ["client_credentials", clientCredentialsGrant(deps)],
    [DEVICE_CODE_GRANT, deviceCodeGrant({ ...deps, issueTokens: issueTokens(deps) })],
  ]);
  const isRegistrationOpen = config.registration !== "closed";
  const discovery = discoveryEndpoint({
    issuer,
    ring,
    grantTypes: [...grantTypes.keys()],
    endpoints: {
      authorization_endpoint: "/authorize",
      pushed_authorization_request_endpoint: "/par",
      device_authorization_endpoint: "/device_authorization",
      token_endpoint: "/token",
      userinfo_endpoint: "/userinfo",
      jwks_uri: "/jwks",
      revocation_endpoint: "/revocation",
      introspection_endpoint: "/introspection",
      end_session_endpoint: "/logout",
      status_list_aggregation_endpoint: "/status-lists",
      signet_key_sightings_endpoint: "/key-sightings",
      ...(isRegistrationOpen && { registration_endpoint: "/registration" }),
    },
  });
  const jwks = jwksEndpoint(deps);
  const userinfo = userinfoEndpoint(deps);
  const statusList = statusListEndpoint(deps);
  const health = healthEndpoint(deps);

  const router = new Router(exact)
    .get("/.well-known/openid-configuration", discovery.show)
    .get("/.well-known/oauth-authorization-server", discovery.show)
    .get("/jwks", jwks.show)
    .post("/par", parEndpoint(deps))
    .post("/device_authorization", deviceAuthorizationEndpoint(deps))
    .post("/token", tokenEndpoint({ ...deps, grantTypes }))
    .get("/userinfo", userinfo)
    .post("/userinfo", userinfo)
    .post("/revocation", revocationEndpoint(deps))
    .post("/introspection", introspectionEndpoint(deps))
    .get("/status-lists", statusList.aggregate)
    .get("/status-lists/:list", statusList.show)
    .post("/key-sightings", keySightingsEndpoint(deps))
    .get("/health/live", health.live)
    .get("/health/ready", health.ready);
  if (isRegistrationOpen) {
    const registering = { ...deps, registrationEndpoint: `${issuer}/registration` };
    const registered = registeredClientEndpoint(registering);
    router
      .post("/registration", registrationEndpoint(registering))
      .get("/registration/:client", registered.read)
      .put("/registration/:client", registered.replace)
      .delete("/registration/:client", registered.remove);
  }
  const documents = new Map([
    ["/.well-known/openid-configuration", discovery.answer],
    ["/.well-known/oauth-authorization-server", discovery.answer],
    ["/jwks", jwks.answer],
  ]);
  const findReady: FindReady = (target, headers) => {
    const answer = documents.get(target)?.(headers);
    return answer ? { route: target, answer } : statusList.ready(target, headers);
  };
  return { router, findReady };
}

/** What a person's browser visits. */
export function personRoutes(deps: RouteDeps): Router {
  const authorize = authorizeEndpoint(deps);
  const login = loginPage(deps);
  const chooseAccount = chooseAccountPage(deps);
  const consent = consentPage(deps);
  const device = devicePage(deps);
  const deviceAnswer = deviceAnswerPage(deps);
  const password = passwordPage(deps);
  const endSession = endSessionEndpoint(deps);

  return new Router(exact)
    .get("/", homePage(deps))
    .get("/errors", errorsPage(deps))
    .get("/authorize", authorize.begin)
    .post("/authorize", authorize.begin)
    .get("/authorize/:interaction", authorize.resume)
    .get("/sign-in/:interaction", login.show)
    .post("/sign-in/:interaction", login.submit)
    .post("/sign-in/:interaction/cancel", login.cancel)
    .get("/choose-account/:interaction", chooseAccount.show)
    .post("/choose-account/:interaction", chooseAccount.submit)
    .get("/device", device.show)
    .post("/device", device.submit)
    .get("/device/qr/:code", deviceQrPage(deps))
    .get("/device/:interaction", deviceAnswer.show)
    .post("/device/:interaction", deviceAnswer.submit)
    .get("/consent/:interaction", consent.show)
    .post("/consent/:interaction", consent.submit)
    .get("/logout", endSession.begin)
    .post("/logout", endSession.begin)
    .get("/logout/:interaction", endSession.ask)
    .post("/logout/:interaction", endSession.confirm)
    .get("/signed-out", signedOutPage(deps))
    .get("/set-password/:link", password.show)
    .post("/set-password/:link", password.submit)
    .use(accountRoutes(deps).routes());
}

/** What is a person's own to look at and to end. */
function accountRoutes(deps: RouteDeps): Router {
  const password = changePasswordPage(deps);
  const signOut = signOutPage(deps);
  const notMe = notMePage(deps);

  return new Router(exact)
    .get("/account", accountPage(deps))
    .get("/account/password", password.show)
    .post("/account/password", password.submit)
    .post("/account/sign-out-elsewhere", signOut.elsewhere)
    .post("/account/sign-out-everywhere", signOut.everywhere)
    .post("/account/sessions/:session/end", signOut.one)
    .get("/account/sessions/:session/not-me", notMe.show)
    .post("/account/sessions/:session/not-me", notMe.submit)
    .post("/account/apps/:client/take-back", takeBackPage(deps));
}

/** What administrators and operators use: on a listener of its own when there is one. */
export function adminRoutes(deps: RouteDeps): Router[] {
  const { config, lifetimes } = deps;
  const console = { ...deps, adminOrigin: config.adminOrigin };
  const keys = adminKeysPage(console);
  const revoke = revokePage(console);
  const requests = revocationRequestsPage(console);
  const pages = new Router(exact)
    .get("/admin", keys.home)
    .get("/admin/keys", keys.show)
    .post("/admin/keys/rotate", rotatePage(console))
    .post("/admin/keys/drill", drillPage(console))
    .get("/admin/keys/revoke", revoke.show)
    .post("/admin/keys/revoke", revoke.submit)
    .post("/admin/keys/revocations/:id/confirm", requests.confirm)
    .post("/admin/keys/revocations/:id/refuse", requests.refuse)
    .get("/admin/keys/:kid/revoked", revokedPage(console));
  const api = adminApi({
    ...deps,
    adminToken: config.adminToken,
    passwordLinkSeconds: lifetimes.passwordLinkSeconds,
  });
  return [pages, api];
}
