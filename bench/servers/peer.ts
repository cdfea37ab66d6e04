// The fastest certified provider on this stack, beside us on the same database server.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { exportJWK, generateKeyPair } from "jose";
import { aVisitor } from "../../test/support/a-visitor.ts";
import { freePort } from "../../test/support/free-port.ts";
import { ACCOUNT, API, CLIENT, type Provider, REDIRECT_URI } from "../provider.ts";
import { type RunningServer, root, startServer } from "./process.ts";
import { cookieHeader } from "./signet.ts";

const CLIENT_SECRET = randomBytes(32).toString("base64url");

export async function startPeer(options: {
  readonly databaseUrl: string;
  readonly cores?: readonly number[] | undefined;
  readonly processes?: number;
}): Promise<RunningServer> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true, modulusLength: 2048 });
  const jwk = { ...(await exportJWK(privateKey)), alg: "RS256", use: "sig", kid: "bench" };
  const port = await freePort();
  return startServer({
    name: "node-oidc-provider",
    arguments: [join(root, "bench/peer/server.mjs")],
    environment: {
      PORT: String(port),
      DATABASE_URL: options.databaseUrl,
      PROCESSES: String(options.processes ?? 1),
      SETTINGS: JSON.stringify({
        jwk,
        client: { id: CLIENT, secret: CLIENT_SECRET, redirectUri: REDIRECT_URI },
        resource: { identifier: API, scope: "accounts:read" },
        account: { name: ACCOUNT.name, email: ACCOUNT.email },
      }),
    },
    port,
    readyPath: "/.well-known/openid-configuration",
    cores: options.cores,
  });
}

export const furnishPeer = ({ port }: RunningServer): Provider => ({
  name: "node-oidc-provider",
  port,
  clientSecret: CLIENT_SECRET,
  paths: {
    authorize: "/auth",
    token: "/token",
    userinfo: "/me",
    introspection: "/token/introspection",
    jwks: "/jwks",
    discovery: "/.well-known/openid-configuration",
  },
  async signIn(authorizeUrl) {
    const browser = aVisitor();
    await browser.follow(authorizeUrl, REDIRECT_URI);
    return cookieHeader(browser.cookies);
  },
});
