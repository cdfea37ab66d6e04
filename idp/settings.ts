// Every setting of the identity provider, as an operator writes it in the environment. One list: the
// Config is parsed from it (config.ts) and the README's table is printed from it (settings-table.ts).
import { isIP } from "node:net";
import { z } from "zod";
import { isLoopbackHost } from "./protocol/redirect-uri.ts";

/** What the README's table says of a setting, kept beside the schema that parses it. */
const note = (description: string, fallback: string) => ({ description, fallback });

const whole = (least: number, most: number, unit = "") =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number${unit}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, {
      error: `must be between ${least} and ${most}`,
    });

const seconds = (
  byDefault: number,
  description: string,
  range: [number, number] = [1, 31_536_000],
) =>
  whole(...range, " of seconds")
    .default(byDefault)
    .meta(note(description, String(byDefault)));

const port = () => whole(0, 65_535);

const yesOrNo = z
  .enum(["true", "false"], { error: "must be true or false" })
  .transform((value) => value === "true");

const secret = (least: number) =>
  z
    .string()
    .min(least, `must have at least ${least} random characters`)
    .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces");

/** The issuer identifier (OIDC Discovery §3) as an origin: every URL is made by appending to it. */
const issuer = z.string().superRefine((text, problem) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !["http:", "https:"].includes(url.protocol))
    problem.addIssue("must be an https URL, or an http one on a loopback host");
  else if (url.protocol === "http:" && !isLoopbackHost(url.hostname))
    problem.addIssue("must be https; plain http is for loopback hosts only");
  else if (text !== url.origin)
    problem.addIssue(
      `must be written as an origin, without a path or a final slash: ${url.origin}`,
    );
});

const databaseUrl = z.string().refine(
  (text) => /^postgres(ql)?:/.test(text) && URL.canParse(text),
  // The value is not repeated: it usually holds a password.
  { error: "must be a postgresql:// URL" },
);

/** A key-encryption key: its bytes, or that KEY_SEAL_COMMAND holds it. */
export type KeyEncryptionKey =
  | { readonly id: string; readonly key: Uint8Array }
  | { readonly id: string; readonly heldBy: "command" };

const keyEncryptionKey = (entry: string): KeyEncryptionKey | undefined => {
  const [, commandId] = /^([\w.-]{1,40}):command$/.exec(entry.trim()) ?? [];
  if (commandId !== undefined) return { id: commandId, heldBy: "command" };
  const [, id, encoded] = /^([\w.-]{1,40}):([\w+/-]{43})=?$/.exec(entry.trim()) ?? [];
  if (id === undefined || encoded === undefined) return undefined;
  const key = new Uint8Array(Buffer.from(encoded, "base64url"));
  return key.length === 32 ? { id, key } : undefined;
};

const keyEncryptionKeys = z.string().transform((text, problem): KeyEncryptionKey[] => {
  const keys = text.split(",").map(keyEncryptionKey);
  const good = keys.filter((key) => key !== undefined);
  if (good.length !== keys.length)
    problem.addIssue(
      "must be a comma-separated list of id:key, each key 32 bytes in base64 or the word command",
    );
  else if (new Set(good.map((key) => key.id)).size !== good.length)
    problem.addIssue("must not use one id twice");
  return good;
});

/** No shell reads it: words between spaces, or a JSON array of words where one has a space in it. */
const command = z.string().transform((text, problem): readonly string[] => {
  const words = text.trim().startsWith("[") ? jsonWords(text) : text.trim().split(/\s+/);
  if (words === undefined) problem.addIssue("must be words, or a JSON array of them");
  return words ?? [];
});

function jsonWords(text: string): string[] | undefined {
  try {
    return z.array(z.string().min(1)).min(1).parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const SIGNING_ALGS = ["RS256", "PS256", "ES256", "EdDSA"] as const;
type SigningAlg = (typeof SIGNING_ALGS)[number];

const signingAlgs = z.string().transform((text, problem): readonly SigningAlg[] => {
  const named = text.split(",").map((word) => word.trim());
  const algs = SIGNING_ALGS.filter((alg) => named.includes(alg));
  if (algs.length !== named.length)
    problem.addIssue(`must name each of these at most once: ${SIGNING_ALGS.join(", ")}`);
  // OIDC Core §15.1: every provider has it, and access tokens are signed with it.
  else if (!algs.includes("RS256")) problem.addIssue("must include RS256");
  return algs;
});

const isAddressRange = (text: string): boolean => {
  const [address = "", prefix, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
};

const addressRanges = z
  .string()
  .transform((text) => text.split(",").map((entry) => entry.trim()))
  .refine((entries) => entries.every(isAddressRange), {
    error: "must be a comma-separated list of IP addresses or CIDR ranges",
  });

export const Settings = z.object({
  DEMO: yesOrNo
    .default(false)
    .meta(
      note(
        "Demo mode: makes its own secrets, accounts and sites under `DATA_DIR`. Loopback issuers only.",
        "false",
      ),
    ),
  ISSUER: issuer
    .optional()
    .meta(
      note(
        "The issuer identifier and base of every URL: an https origin, or http on a loopback host.",
        "required; in demo `http://id.localhost:PORT`",
      ),
    ),
  PORT: port()
    .optional()
    .meta(note("The port to listen on.", "the port of an http `ISSUER`, else 4000")),
  HOST: z
    .string()
    .refine((text) => isIP(text) !== 0, { error: "must be an IP address" })
    .optional()
    .meta(
      note("The address to listen on.", "127.0.0.1 when the issuer is on loopback, else 0.0.0.0"),
    ),
  DATABASE_URL: databaseUrl
    .optional()
    .meta(note("PostgreSQL to use.", "an embedded database in `DATA_DIR`")),
  DATA_DIR: z
    .string()
    .default("data")
    .meta(note("Where the embedded database and the demo's secrets live.", "data")),
  WEB_CONCURRENCY: whole(1, 64)
    .default(1)
    .meta(note("Processes that share the port. More than 1 needs `DATABASE_URL`.", "1")),
  DRAIN_DELAY_SECONDS: whole(0, 60, " of seconds")
    .optional()
    .meta(
      note(
        "After SIGTERM, how long to report not ready and still answer, so that balancers notice.",
        "5; 0 when the issuer is on loopback",
      ),
    ),
  KEY_ENCRYPTION_KEYS: keyEncryptionKeys
    .optional()
    .meta(
      note(
        "Keys that seal the signing keys at rest: `id:key,…`, each key 32 bytes in base64, or `id:command` for one that `KEY_SEAL_COMMAND` holds. The first seals, all open.",
        "required; in demo made in `DATA_DIR/idp/kek`",
      ),
    ),
  KEY_SEAL_COMMAND: command
    .optional()
    .meta(
      note(
        "A command that holds key-encryption keys in a KMS or HSM: run without a shell as `… wrap id` and `… unwrap id`, 32 bytes on standard input, the result on standard output.",
        "none",
      ),
    ),
  KEY_SEAL_TIMEOUT_SECONDS: whole(1, 120, " of seconds")
    .default(10)
    .meta(note("How long `KEY_SEAL_COMMAND` may take.", "10")),
  ADMIN_TOKEN: secret(32)
    .optional()
    .meta(
      note(
        "Opens the admin API and the `signet` command; at least 32 random characters.",
        "off; in demo made in `DATA_DIR/idp/admin-token`",
      ),
    ),
  ADMIN_PORT: port()
    .optional()
    .meta(
      note(
        "Moves everything under `/admin` to this port; the public one then answers 404.",
        "on the main port",
      ),
    ),
  REGISTRATION: z
    .enum(["closed", "token", "open"], { error: "must be closed, token or open" })
    .optional()
    .meta(
      note(
        "Who may register clients (RFC 7591): nobody, bearers of an initial access token, or with `open` anybody, 300 an hour.",
        "token when `REGISTRATION_TOKEN` is set, else closed",
      ),
    ),
  REGISTRATION_TOKEN: secret(16)
    .optional()
    .meta(
      note(
        "An initial access token that always works, beside those of `signet registration-tokens`.",
        "none",
      ),
    ),
  TRUSTED_PROXIES: addressRanges
    .default([])
    .meta(
      note(
        "Proxies whose `X-Forwarded-For` is believed: addresses or CIDR ranges, comma-separated.",
        "none",
      ),
    ),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
      error: "must be trace, debug, info, warn, error, fatal or silent",
    })
    .default("info")
    .meta(note("How much to log.", "info")),
  OUTBOUND_ALLOW: addressRanges
    .default([])
    .meta(
      note(
        "Addresses or CIDR ranges, comma-separated, that are not public and that Signet may call all the same, because sites of yours are there.",
        "none; in demo loopback",
      ),
    ),
  SIGNING_ALGS: signingAlgs
    .default(["RS256"])
    .meta(
      note(
        "What tokens are signed with: `RS256`, and beside it `PS256`, `ES256` or `EdDSA` for the ID tokens of clients that register one.",
        "RS256",
      ),
    ),
  RSA_BITS: z
    .enum(["2048", "3072", "4096"], { error: "must be 2048, 3072 or 4096" })
    .transform(Number)
    .default(2048)
    .meta(note("Size of new signing keys.", "2048")),

  PKCE_FOR: z
    .enum(["all", "public"], { error: "must be all or public" })
    .default("all")
    .meta(
      note(
        "Who has to use PKCE: `all` clients, or only `public` ones. `public` is a weakening, for certification suites and confidential clients that never learned it.",
        "all",
      ),
    ),
  ASSERTION_AUDIENCE: z
    .enum(["issuer", "issuer-or-token-endpoint"], {
      error: "must be issuer or issuer-or-token-endpoint",
    })
    .default("issuer")
    .meta(
      note(
        "What the `aud` of a client's assertion (`private_key_jwt`) may be. `issuer-or-token-endpoint` is a weakening, for clients that write the token endpoint's URL.",
        "issuer",
      ),
    ),

  BANK_PORT: port()
    .default(4001)
    .meta(note("Demo only: the port of Harbour Bank, for its client's redirect URI.", "4001")),
  RETIREMENT_PORT: port()
    .default(4002)
    .meta(
      note("Demo only: the port of Evergreen Retirement, for its client's redirect URI.", "4002"),
    ),

  CODE_TTL_SECONDS: seconds(60, "How long an authorization code may be redeemed.", [1, 600]),
  DEVICE_CODE_TTL_SECONDS: seconds(
    600,
    "How long a device waits for somebody to allow it.",
    [60, 3_600],
  ),
  PUSHED_REQUEST_TTL_SECONDS: seconds(
    60,
    "How long a pushed authorization request waits for a browser.",
    [5, 600],
  ),
  ACCESS_TOKEN_TTL_SECONDS: seconds(300, "Life of an access token.", [1, 86_400]),
  ID_TOKEN_TTL_SECONDS: seconds(300, "Life of an ID token.", [1, 86_400]),
  SESSION_IDLE_SECONDS: seconds(1_800, "A sign-in ends when unused for this long."),
  SESSION_ABSOLUTE_SECONDS: seconds(43_200, "A sign-in ends after this long in any case."),
  REFRESH_IDLE_SECONDS: seconds(
    1_800,
    "A session-bound refresh token ends when unused for this long.",
  ),
  REFRESH_ABSOLUTE_SECONDS: seconds(
    43_200,
    "A session-bound grant ends after this long in any case.",
  ),
  OFFLINE_IDLE_SECONDS: seconds(
    2_592_000,
    "An offline refresh token ends when unused for this long.",
  ),
  OFFLINE_ABSOLUTE_SECONDS: seconds(
    7_776_000,
    "An offline grant ends after this long in any case.",
  ),
  INTERACTION_TTL_SECONDS: seconds(1_800, "How long a sign-in or consent page waits for a person."),
  PASSWORD_LINK_TTL_SECONDS: seconds(600, "How long a link to set a password works.", [1, 86_400]),

  KEY_LEAD_SECONDS: whole(1, 31_536_000, " of seconds")
    .optional()
    .meta(
      note(
        "How long a signing key is published before it signs. At least the sum of the next three plus 60.",
        "86400; in demo 30",
      ),
    ),
  JWKS_MAX_AGE_SECONDS: seconds(300, "`Cache-Control: max-age` of the key set.", [1, 86_400]),
  SITE_KEY_REFRESH_SECONDS: seconds(
    300,
    "How often sites are expected to fetch the key set.",
    [1, 86_400],
  ),
  KEY_ROTATION_SECONDS: whole(0, 31_536_000, " of seconds")
    .default(7_776_000)
    .meta(
      note("How long a key signs before the next one takes over by itself; 0: never.", "7776000"),
    ),
  KEY_CHANGES_PER_DAY: whole(1, 1_000)
    .optional()
    .meta(
      note(
        "How many rotations and revocations people may ask for within 24 hours.",
        "5; in demo 100",
      ),
    ),
  KEY_REVOCATION_BY_TWO: yesOrNo
    .default(false)
    .meta(note("Whether a second administrator has to confirm that a key is revoked.", "false")),
  KEY_POLL_SECONDS: seconds(5, "How often a replica looks for changed keys.", [1, 3_600]),
});

export type Settings = z.output<typeof Settings>;
