// A site's settings: the environment, parsed once into one frozen value. Secrets that a demo lacks are made
// here, on loopback only; a malformed setting is a SiteConfigError that names it.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { isLoopbackHost } from "./loopback.ts";
import { makeSessionKeys, parseSessionKeys } from "./session-keys.ts";

/** What a site knows of itself before anyone sets anything. */
export interface SiteDefaults {
  /** "Harbour Bank" */
  name: string;
  /** Local host name in development: "bank.localhost". */
  hostname: string;
  port: number;
  /** Begins every cookie name, since ports do not separate cookies: "harbour". */
  cookiePrefix: string;
  /** "data/bank" */
  dataDirectory: string;
}

/** How this site proves who it is: by its own key, under an id that may still have to appear, or by a secret. */
export type ClientSource =
  | { kind: "key"; clientId: string }
  | { kind: "secret"; clientId: string; clientSecret: string }
  | { kind: "file"; path: string };

export interface SiteConfig {
  readonly name: string;
  readonly issuer: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** Whether BASE_URL is https: cookies are then `__Host-` and Secure. */
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  readonly cookiePrefix: string;
  readonly client: ClientSource;
  /** Where its own key is, or will be made. */
  readonly clientKeyFile: string;
  /** 256-bit keys; the first seals, all open. */
  readonly sessionKeys: readonly Uint8Array[];
  readonly dataDirectory: string;
  readonly outageGraceSeconds: number;
  /** The identifier of this site's API and the audience of its access tokens. */
  readonly resource: string;
  readonly logLevel: string;
}

/** A setting that cannot be used; its message is one line and begins with the setting's name. */
export class SiteConfigError extends Error {
  override name = "SiteConfigError";
}

const port = z.coerce.number().int().min(0).max(65_535);
const seconds = z.coerce.number().int().min(0);
const present = z.string().trim().min(1);

/** Every setting of a site. The descriptions are the README's table. */
export const SiteEnvironment = z.object({
  ISSUER: present.default("http://id.localhost:4000").describe("The identity provider's issuer."),
  BASE_URL: present
    .optional()
    .describe("Where people reach this site. Plain http on loopback hosts only."),
  PORT: port.optional().describe("Port to listen on."),
  HOST: present.default("127.0.0.1").describe("Address to listen on."),
  CLIENT_ID: present.optional().describe("This site's client id at the identity provider."),
  CLIENT_KEY_FILE: present
    .optional()
    .describe(
      "Its private key, a P-256 JWK, by which it proves who it is (`private_key_jwt`); made in `DATA_DIR` when it is not set. Several instances need the same one.",
    ),
  CLIENT_SECRET: present
    .optional()
    .describe("A client secret instead, for a client registered for `client_secret_basic`."),
  CLIENT_SECRET_FILE: present
    .optional()
    .describe("File that holds the client secret, instead of CLIENT_SECRET."),
  SESSION_KEYS: present
    .optional()
    .describe(
      "Comma-separated 256-bit keys in base64url for the session cookie; the first seals, all open.",
    ),
  DATA_DIR: present
    .optional()
    .describe(
      "Directory for what a restart must not forget: the last good key set, discovery, ended sessions, demo secrets.",
    ),
  OUTAGE_GRACE_SECONDS: seconds
    .default(3600)
    .describe(
      "How long pages go on after the access token's expiry while the identity provider is unreachable.",
    ),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("Least severe log line to write."),
});
type SiteEnvironment = z.infer<typeof SiteEnvironment>;

/**
 * Reads a site's settings.
 * @throws SiteConfigError with one line naming the setting
 */
export function readSiteConfig(
  env: Record<string, string | undefined>,
  defaults: SiteDefaults,
): SiteConfig {
  const settings = parseEnvironment(env);
  const issuer = webOrigin("ISSUER", settings.ISSUER, { path: true });
  const listenPort = settings.PORT ?? defaults.port;
  const baseUrl = webOrigin(
    "BASE_URL",
    settings.BASE_URL ?? `http://${defaults.hostname}:${listenPort}`,
    { path: false },
  );
  const dataDirectory = resolve(settings.DATA_DIR ?? defaults.dataDirectory);
  const demo = isLoopbackHost(new URL(issuer).hostname);
  return Object.freeze({
    name: defaults.name,
    issuer,
    baseUrl,
    secure: baseUrl.startsWith("https:"),
    host: settings.HOST,
    port: listenPort,
    cookiePrefix: defaults.cookiePrefix,
    client: clientSource(settings, dataDirectory, demo),
    clientKeyFile: settings.CLIENT_KEY_FILE ?? join(dataDirectory, "client-key.json"),
    sessionKeys: sessionKeys(settings, dataDirectory, demo),
    dataDirectory,
    outageGraceSeconds: settings.OUTAGE_GRACE_SECONDS,
    resource: `${baseUrl}/api`,
    logLevel: settings.LOG_LEVEL,
  });
}

function parseEnvironment(env: Record<string, string | undefined>): SiteEnvironment {
  // An empty variable is how shells and compose files say "not set".
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = SiteEnvironment.safeParse(set);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SiteConfigError(
    `${issue?.path.join(".") ?? "settings"}: ${issue?.message ?? "malformed"}`,
  );
}

function webOrigin(setting: string, value: string, { path }: { path: boolean }): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new SiteConfigError(`${setting}: must be an https URL, not "${value}"`);
  }
  if (url.username || url.password || url.search || url.hash || (!path && url.pathname !== "/")) {
    throw new SiteConfigError(
      `${setting}: must be a bare URL without user, query or fragment${path ? "" : ", or path"}`,
    );
  }
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname)) {
    throw new SiteConfigError(`${setting}: plain http is for loopback hosts only; use https`);
  }
  // The issuer is compared character by character with what tokens say (OIDC Core §3.1.3.7).
  return path ? value : url.origin;
}

function clientSource(
  settings: SiteEnvironment,
  dataDirectory: string,
  demo: boolean,
): ClientSource {
  const { CLIENT_ID, CLIENT_SECRET, CLIENT_SECRET_FILE } = settings;
  if (CLIENT_SECRET && CLIENT_SECRET_FILE) {
    throw new SiteConfigError("CLIENT_SECRET: set it or CLIENT_SECRET_FILE, not both");
  }
  const clientSecret = CLIENT_SECRET ?? (CLIENT_SECRET_FILE && secretIn(CLIENT_SECRET_FILE));
  if (clientSecret && settings.CLIENT_KEY_FILE) {
    throw new SiteConfigError("CLIENT_KEY_FILE: set it or a client secret, not both");
  }
  if (CLIENT_ID && clientSecret) return { kind: "secret", clientId: CLIENT_ID, clientSecret };
  if (CLIENT_ID) return { kind: "key", clientId: CLIENT_ID };
  if (clientSecret || !demo) throw new SiteConfigError("CLIENT_ID: missing");
  return { kind: "file", path: join(dataDirectory, "client.json") };
}

function secretIn(path: string): string {
  try {
    const secret = readFileSync(path, "utf8").trim();
    if (secret) return secret;
  } catch (cause) {
    throw new SiteConfigError(`CLIENT_SECRET_FILE: cannot read ${path}`, { cause });
  }
  throw new SiteConfigError(`CLIENT_SECRET_FILE: ${path} is empty`);
}

function sessionKeys(
  settings: SiteEnvironment,
  dataDirectory: string,
  demo: boolean,
): Uint8Array[] {
  if (!settings.SESSION_KEYS && !demo) throw new SiteConfigError("SESSION_KEYS: missing");
  try {
    return parseSessionKeys(settings.SESSION_KEYS ?? makeSessionKeys(dataDirectory));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "unusable";
    const setting = settings.SESSION_KEYS ? "SESSION_KEYS" : "DATA_DIR";
    throw new SiteConfigError(`${setting}: ${reason}`, { cause });
  }
}
