// The environment, read once and turned into one frozen Config. Nothing else of the identity
// provider reads process.env. A setting that cannot be right stops the start (SettingError).

import { resolve } from "node:path";
import type { z } from "zod";
import { SHORTEST_MAX_AGE_SECONDS } from "../keys/key-rules.ts";
import { isLoopbackHost } from "./protocol/redirect-uri.ts";
import { type KeyEncryptionKey, Settings } from "./settings.ts";
import { type Weakening, weakenings } from "./weakenings.ts";

export interface Config {
  readonly demo: boolean;
  readonly issuer: string;
  /** The issuer is https: Secure and `__Host-` cookies, HSTS. */
  readonly secure: boolean;
  readonly port: number;
  readonly host: string;
  readonly adminPort?: number;
  /** Where `/admin` is: the issuer, or the issuer's host on ADMIN_PORT. */
  readonly adminOrigin: string;
  readonly adminToken?: string;
  readonly registration: "closed" | "token" | "open";
  readonly registrationToken?: string;
  readonly databaseUrl?: string;
  readonly dataDirectory: string;
  readonly processes: number;
  readonly drainDelaySeconds: number;
  /** The first seals, all open. */
  readonly keyEncryptionKeys: readonly KeyEncryptionKey[];
  /** What holds those that are not here themselves. */
  readonly sealCommand?: { readonly command: readonly string[]; readonly timeoutSeconds: number };
  readonly trustedProxies: readonly string[];
  /** Not public, and called all the same. */
  readonly outboundAllow: readonly string[];
  /** RS256 first. */
  readonly signingAlgs: readonly string[];
  readonly rsaBits: number;
  /** Who has to use PKCE. Public clients never go without. */
  readonly pkceFor: Settings["PKCE_FOR"];
  /** What the `aud` of a client's assertion may be. */
  readonly assertionAudiences: readonly string[];
  readonly logLevel: Settings["LOG_LEVEL"];
  /** Where the demo's two sites are. */
  readonly demoSites: { readonly bank: string; readonly retirement: string };
  readonly lifetimes: {
    readonly codeSeconds: number;
    readonly deviceCodeSeconds: number;
    readonly pushedRequestSeconds: number;
    readonly accessTokenSeconds: number;
    readonly idTokenSeconds: number;
    readonly sessionIdleSeconds: number;
    readonly sessionAbsoluteSeconds: number;
    readonly refreshIdleSeconds: number;
    readonly refreshAbsoluteSeconds: number;
    readonly offlineIdleSeconds: number;
    readonly offlineAbsoluteSeconds: number;
    readonly interactionSeconds: number;
    readonly passwordLinkSeconds: number;
  };
  readonly keys: {
    readonly leadSeconds: number;
    readonly jwksMaxAgeSeconds: number;
    readonly siteRefreshSeconds: number;
    readonly pollSeconds: number;
    readonly skewSeconds: number;
    /** 0: never by itself. */
    readonly rotationSeconds: number;
    readonly changesPerDay: number;
    readonly revocationByTwo: boolean;
  };
  /** What was chosen although it makes Signet weaker; the console shows it. */
  readonly weakenings: readonly Weakening[];
  /** What the operator should know although the start goes on. */
  readonly warnings: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that stops the start. The message is one line that begins with the setting's name. */
export class SettingError extends Error {
  readonly setting: string;
  constructor(setting: string, problem: string) {
    super(`${setting} ${problem}`);
    this.setting = setting;
  }
}

/** The secrets that demo mode makes for itself, in the spelling of their settings. */
export type DemoSecrets = (dataDirectory: string) => {
  KEY_ENCRYPTION_KEYS: string;
  ADMIN_TOKEN: string;
};

/** What clocks may differ by, between us and those who verify. */
const SKEW_SECONDS = 60;
const PRODUCTION_LEAD_SECONDS = 86_400;
const DEMO_LEAD_SECONDS = 30;
/** No verifier should ask more often for keys that are new to it (security Z2). */
const UNKNOWN_KEY_PAUSE_SECONDS = 30;
const CHANGES_PER_DAY = 5;
/** Whoever tries Signet out rotates more often than whoever runs it. */
const DEMO_CHANGES_PER_DAY = 100;
const LOOPBACK = ["127.0.0.0/8", "::1/128"];

export const environment = (): Environment => ({ ...process.env });

/**
 * Parses the environment.
 * @param demoSecrets  called in demo mode only, after everything that could refuse it
 * @throws SettingError naming the first setting that is missing or malformed
 */
export function readConfig(environment: Environment, demoSecrets: DemoSecrets): Config {
  const settings = parseSettings(environment);
  const issuer = settings.ISSUER ?? demoIssuer(settings);
  const { protocol, hostname, port: issuerPort } = new URL(issuer);
  const loopback = isLoopbackHost(hostname);
  const dataDirectory = resolve(settings.DATA_DIR);

  if (settings.DEMO && !loopback)
    throw new SettingError("DEMO", `must not be true when ISSUER (${issuer}) is not on loopback`);
  if (settings.WEB_CONCURRENCY > 1 && settings.DATABASE_URL === undefined)
    throw new SettingError("WEB_CONCURRENCY", "must be 1 without DATABASE_URL");
  const port = settings.PORT ?? (protocol === "http:" && issuerPort ? Number(issuerPort) : 4000);
  if (settings.ADMIN_PORT !== undefined && settings.ADMIN_PORT === port && port !== 0)
    throw new SettingError("ADMIN_PORT", "must differ from PORT");
  const { keys, warnings } = keyTimes(settings);
  const weaker = weakenings(settings);
  const secrets = settings.DEMO ? demoSecretsFor(settings, dataDirectory, demoSecrets) : settings;
  if (secrets.KEY_ENCRYPTION_KEYS === undefined)
    throw new SettingError(
      "KEY_ENCRYPTION_KEYS",
      "is required: id:key, the key 32 random bytes in base64",
    );

  const needsCommand = secrets.KEY_ENCRYPTION_KEYS.some((key) => "heldBy" in key);
  if (needsCommand && settings.KEY_SEAL_COMMAND === undefined)
    throw new SettingError(
      "KEY_SEAL_COMMAND",
      "is required: KEY_ENCRYPTION_KEYS has a key it holds",
    );

  return deepFreeze({
    demo: settings.DEMO,
    issuer,
    secure: protocol === "https:",
    port,
    host: settings.HOST ?? (loopback ? "127.0.0.1" : "0.0.0.0"),
    ...(settings.ADMIN_PORT === undefined ? {} : { adminPort: settings.ADMIN_PORT }),
    adminOrigin:
      settings.ADMIN_PORT === undefined
        ? issuer
        : `${protocol}//${hostname}:${settings.ADMIN_PORT}`,
    ...(secrets.ADMIN_TOKEN === undefined ? {} : { adminToken: secrets.ADMIN_TOKEN }),
    registration:
      settings.REGISTRATION ?? (settings.REGISTRATION_TOKEN === undefined ? "closed" : "token"),
    ...(settings.REGISTRATION_TOKEN === undefined
      ? {}
      : { registrationToken: settings.REGISTRATION_TOKEN }),
    ...(settings.DATABASE_URL === undefined ? {} : { databaseUrl: settings.DATABASE_URL }),
    dataDirectory,
    processes: settings.WEB_CONCURRENCY,
    drainDelaySeconds: settings.DRAIN_DELAY_SECONDS ?? (loopback ? 0 : 5),
    keyEncryptionKeys: secrets.KEY_ENCRYPTION_KEYS,
    ...(settings.KEY_SEAL_COMMAND === undefined
      ? {}
      : {
          sealCommand: {
            command: settings.KEY_SEAL_COMMAND,
            timeoutSeconds: settings.KEY_SEAL_TIMEOUT_SECONDS,
          },
        }),
    trustedProxies: settings.TRUSTED_PROXIES,
    outboundAllow: settings.DEMO
      ? [...LOOPBACK, ...settings.OUTBOUND_ALLOW]
      : settings.OUTBOUND_ALLOW,
    // RFC 8725 §3.1: the algorithms are ours to choose.
    signingAlgs: settings.SIGNING_ALGS,
    rsaBits: settings.RSA_BITS,
    pkceFor: settings.PKCE_FOR,
    assertionAudiences:
      settings.ASSERTION_AUDIENCE === "issuer" ? [issuer] : [issuer, `${issuer}/token`],
    logLevel: settings.LOG_LEVEL,
    demoSites: {
      bank: `http://bank.localhost:${settings.BANK_PORT}`,
      retirement: `http://retirement.localhost:${settings.RETIREMENT_PORT}`,
    },
    lifetimes: {
      codeSeconds: settings.CODE_TTL_SECONDS,
      deviceCodeSeconds: settings.DEVICE_CODE_TTL_SECONDS,
      pushedRequestSeconds: settings.PUSHED_REQUEST_TTL_SECONDS,
      accessTokenSeconds: settings.ACCESS_TOKEN_TTL_SECONDS,
      idTokenSeconds: settings.ID_TOKEN_TTL_SECONDS,
      sessionIdleSeconds: settings.SESSION_IDLE_SECONDS,
      sessionAbsoluteSeconds: settings.SESSION_ABSOLUTE_SECONDS,
      refreshIdleSeconds: settings.REFRESH_IDLE_SECONDS,
      refreshAbsoluteSeconds: settings.REFRESH_ABSOLUTE_SECONDS,
      offlineIdleSeconds: settings.OFFLINE_IDLE_SECONDS,
      offlineAbsoluteSeconds: settings.OFFLINE_ABSOLUTE_SECONDS,
      interactionSeconds: settings.INTERACTION_TTL_SECONDS,
      passwordLinkSeconds: settings.PASSWORD_LINK_TTL_SECONDS,
    },
    keys,
    warnings: [...warnings, ...weaker.map(({ setting, text }) => `${setting}: ${text}`)],
    weakenings: weaker,
  });
}

function parseSettings(environment: Environment): Settings {
  // An empty variable is an unset one: compose files and shells pass `NAME=` for "nothing".
  const named = Object.keys(Settings.shape).map((name) => [name, environment[name] || undefined]);
  const parsed = Settings.safeParse(Object.fromEntries(named));
  if (parsed.success) return parsed.data;
  throw settingError(parsed.error);
}

function settingError(error: z.ZodError): SettingError {
  const [first] = error.issues;
  return new SettingError(String(first?.path[0] ?? "settings"), first?.message ?? "are malformed");
}

function demoIssuer(settings: Settings): string {
  if (!settings.DEMO) throw new SettingError("ISSUER", "is required (DEMO=true has its own)");
  return `http://id.localhost:${settings.PORT ?? 4000}`;
}

/** Secrets that were given win over those that the demo would make. */
function demoSecretsFor(settings: Settings, dataDirectory: string, demoSecrets: DemoSecrets) {
  const made = writtenOr(dataDirectory, () => demoSecrets(dataDirectory));
  const parsed = Settings.pick({ KEY_ENCRYPTION_KEYS: true, ADMIN_TOKEN: true }).safeParse(made);
  if (!parsed.success) throw settingError(parsed.error);
  return {
    KEY_ENCRYPTION_KEYS: settings.KEY_ENCRYPTION_KEYS ?? parsed.data.KEY_ENCRYPTION_KEYS,
    ADMIN_TOKEN: settings.ADMIN_TOKEN ?? parsed.data.ADMIN_TOKEN,
  };
}

function writtenOr<T>(dataDirectory: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new SettingError("DATA_DIR", `(${dataDirectory}) cannot keep the demo's secrets: ${why}`);
  }
}

/** A key may sign only when everyone who verifies can have met it. */
function keyTimes(settings: Settings): Pick<Config, "keys" | "warnings"> {
  const leadSeconds =
    settings.KEY_LEAD_SECONDS ?? (settings.DEMO ? DEMO_LEAD_SECONDS : PRODUCTION_LEAD_SECONDS);
  const keys = {
    leadSeconds,
    jwksMaxAgeSeconds: settings.JWKS_MAX_AGE_SECONDS,
    siteRefreshSeconds: settings.SITE_KEY_REFRESH_SECONDS,
    pollSeconds: settings.KEY_POLL_SECONDS,
    skewSeconds: SKEW_SECONDS,
    rotationSeconds: settings.KEY_ROTATION_SECONDS,
    changesPerDay:
      settings.KEY_CHANGES_PER_DAY ?? (settings.DEMO ? DEMO_CHANGES_PER_DAY : CHANGES_PER_DAY),
    revocationByTwo: settings.KEY_REVOCATION_BY_TWO,
  };
  if (keys.rotationSeconds !== 0 && keys.rotationSeconds < leadSeconds)
    throw new SettingError(
      "KEY_ROTATION_SECONDS",
      `must be 0 or at least KEY_LEAD_SECONDS (${leadSeconds}): a key is published that long first`,
    );
  const least =
    keys.jwksMaxAgeSeconds + keys.siteRefreshSeconds + keys.pollSeconds + keys.skewSeconds;
  if (leadSeconds >= least) return { keys, warnings: [] };
  const problem = `must be at least ${least}, so that every site has met a key before it signs`;
  if (!settings.DEMO) throw new SettingError("KEY_LEAD_SECONDS", problem);
  // Who asks for unknown keys twice a minute meets the next one in time, or else knows it from a young copy.
  if (leadSeconds < UNKNOWN_KEY_PAUSE_SECONDS)
    keys.jwksMaxAgeSeconds = Math.min(keys.jwksMaxAgeSeconds, SHORTEST_MAX_AGE_SECONDS);
  return { keys, warnings: [`KEY_LEAD_SECONDS is ${leadSeconds} for the demo; it ${problem}`] };
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
