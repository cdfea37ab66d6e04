// node-oidc-provider set up for what Signet does in the same flows: PKCE for all, JWT access tokens for the
// API, rotating refresh tokens, first-party clients that are not asked for consent. It has no audit, no
// limits and no revocation of JWTs to keep up with.
import cluster from "node:cluster";
import Provider from "oidc-provider";
import { adapterOver, openStore } from "./adapter.mjs";

const { PORT, DATABASE_URL, SETTINGS, PROCESSES = "1" } = process.env;
const processes = Number(PROCESSES);
if (processes > 1 && cluster.isPrimary) {
  for (let forked = 0; forked < processes; forked += 1) cluster.fork();
  process.once("SIGTERM", () => {
    for (const worker of Object.values(cluster.workers)) worker.kill("SIGTERM");
    cluster.once("exit", () => process.exit(0));
  });
} else {
  await serve();
}

async function serve() {
  const { jwk, client, resource, account } = JSON.parse(SETTINGS);
  const pool = await openStore(DATABASE_URL, 10);
  const provider = new Provider(`http://127.0.0.1:${PORT}`, {
    adapter: adapterOver(pool),
    jwks: { keys: [jwk] },
    cookies: { keys: ["a key for the signatures of cookies"] },
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [client.redirectUri],
        grant_types: ["authorization_code", "refresh_token", "client_credentials"],
        response_types: ["code"],
        token_endpoint_auth_method: "client_secret_basic",
      },
    ],
    claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email_verified: true, ...account }),
    }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: resource.scope,
          audience: resource.identifier,
          accessTokenTTL: 300,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    pkce: { required: () => true },
    issueRefreshToken: (_ctx, site) => site.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: true,
    loadExistingGrant: (ctx) => firstPartyGrant(ctx, resource),
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      ClientCredentials: 300,
      Grant: 43_200,
      IdToken: 300,
      Interaction: 1_800,
      RefreshToken: 43_200,
      Session: 43_200,
    },
  });
  // Whoever comes is signed in: what a sign-in costs is not compared.
  provider.use(async (ctx, next) => {
    if (!ctx.path.startsWith("/interaction/")) return next();
    await provider.interactionDetails(ctx.req, ctx.res);
    ctx.respond = false;
    await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: "alice" } });
  });
  const server = provider.listen(Number(PORT), "127.0.0.1");
  server.keepAliveTimeout = 75_000;
  process.once("SIGTERM", () => {
    server.close();
    server.closeAllConnections();
    void pool.end().then(() => process.exit(0));
  });
}

/** Made at the first visit, found at every further one. */
async function firstPartyGrant(ctx, { identifier, scope }) {
  const { oidc } = ctx;
  const id = oidc.session.grantIdFor(oidc.client.clientId);
  if (id) return oidc.provider.Grant.find(id);
  const grant = new oidc.provider.Grant({
    clientId: oidc.client.clientId,
    accountId: oidc.session.accountId,
  });
  grant.addOIDCScope("openid profile email offline_access");
  grant.addResourceScope(identifier, scope);
  await grant.save();
  return grant;
}
