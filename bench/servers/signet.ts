// Signet as it runs in production: the built provider on PostgreSQL, with its audit, limits and status bits.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { aVisitor } from "../../test/support/a-visitor.ts";
import { freePort } from "../../test/support/free-port.ts";
import { ACCOUNT, API, CLIENT, type Provider, REDIRECT_URI, SCOPES } from "../provider.ts";
import { type RunningServer, root, startServer } from "./process.ts";

export interface SignetOptions {
  readonly databaseUrl: string;
  readonly cores?: readonly number[] | undefined;
  readonly processes?: number;
  /** Options for Node, as for a profile. */
  readonly nodeOptions?: readonly string[];
}

const ADMIN_TOKEN = randomBytes(32).toString("base64url");
const KEY_ENCRYPTION_KEYS = `bench:${randomBytes(32).toString("base64")}`;

export async function startSignet(options: SignetOptions): Promise<RunningServer> {
  const { databaseUrl, cores, processes = 1, nodeOptions = [] } = options;
  const port = await freePort();
  return startServer({
    name: "signet",
    arguments: [...nodeOptions, join(root, "dist/idp/main.js")],
    environment: {
      ISSUER: `http://127.0.0.1:${port}`,
      DATABASE_URL: databaseUrl,
      KEY_ENCRYPTION_KEYS,
      ADMIN_TOKEN,
      WEB_CONCURRENCY: String(processes),
      DRAIN_DELAY_SECONDS: "0",
      // As the image has it.
      MALLOC_MMAP_THRESHOLD_: "131072",
    },
    port,
    readyPath: "/jwks",
    cores,
  });
}

/** Adds the client, the API and the person that every flow uses, by the doors an operator has. */
export async function furnishSignet({ port }: RunningServer): Promise<Provider> {
  const origin = `http://127.0.0.1:${port}`;
  const admin = async (path: string, body: object, method = "POST") => {
    const answer = await fetch(`${origin}/admin/api${path}`, {
      method,
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as Record<string, string>;
  };
  const scopes = { "accounts:read": "See your accounts" };
  await admin("/resources", { identifier: API, name: "Bench API", scopes, public: true }, "PUT");
  const client = await admin("/clients", {
    client_id: CLIENT,
    client_name: "Bench",
    redirect_uris: [REDIRECT_URI],
    grant_types: ["authorization_code", "refresh_token", "client_credentials"],
    scope: SCOPES.join(" "),
    resources: [API],
    first_party: true,
  });
  const account = await admin("/accounts", { email: ACCOUNT.email, name: ACCOUNT.name });
  const link = await admin(`/accounts/${account.id}/password-link`, { reason: "bench" });
  const visitor = aVisitor();
  const form = await visitor.get(String(link.url));
  const { password } = ACCOUNT;
  await visitor.submit(form, { password, new_password: password, repeat: password });

  return {
    name: "signet",
    port,
    clientSecret: String(client.client_secret),
    paths: {
      authorize: "/authorize",
      token: "/token",
      userinfo: "/userinfo",
      introspection: "/introspection",
      jwks: "/jwks",
      discovery: "/.well-known/openid-configuration",
    },
    async signIn(authorizeUrl) {
      const browser = aVisitor();
      const page = await browser.follow(authorizeUrl, REDIRECT_URI);
      const sent = await browser.submit(page, { email: ACCOUNT.email, password });
      await browser.follow(String(sent.location), REDIRECT_URI);
      return cookieHeader(browser.cookies);
    },
  };
}

export const cookieHeader = (cookies: ReadonlyMap<string, string>): string =>
  [...cookies].map(([name, value]) => `${name.split(" ").at(-1)}=${value}`).join("; ");
