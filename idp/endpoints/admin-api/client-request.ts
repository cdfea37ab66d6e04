// A client as an operator describes it, in the members of RFC 7591 §2 and Signet's own.
import { z } from "zod";
import { CLIENT_SIGNING_ALGS, keySetProblem } from "../../protocol/client-key-set.ts";
import { calledUriProblem } from "../../protocol/client-uri.ts";
import { isPlainText } from "../../protocol/plain-text.ts";
import { isAcceptableRedirectUri } from "../../protocol/redirect-uri.ts";
import { isScopeToken } from "../../protocol/scope.ts";
import { TOKEN_ENDPOINT_AUTH_METHODS } from "../../records/clients/client.ts";
import { text } from "./words.ts";

const redirectUris = z
  .array(
    z.string().superRefine((uri, problem) => {
      const wrong = isAcceptableRedirectUri(uri, { native: true });
      if (wrong !== undefined) problem.addIssue({ code: "custom", message: wrong });
    }),
  )
  .max(50);

const scope = z
  .string()
  .max(1_024)
  .transform((words) => [...new Set(words.split(" ").filter((word) => word !== ""))])
  .refine((words) => words.every(isScopeToken), "contains characters a scope cannot have");

const resourceIdentifier = z.url({ protocol: /^https?$/ }).max(500);

/** Shown to people as a link or an image; never fetched by us. */
const webUrl = z
  .url({ protocol: /^https?$/ })
  .max(2_048)
  .refine(isPlainText);

const ClientMembers = z.strictObject({
  client_name: text(200),
  token_endpoint_auth_method: z.enum(TOKEN_ENDPOINT_AUTH_METHODS),
  token_endpoint_auth_signing_alg: z.enum(CLIENT_SIGNING_ALGS).nullable(),
  /** A JWK Set or null; never beside jwks_uri. */
  jwks: z.unknown().superRefine((set, problem) => {
    const wrong = set === null || set === undefined ? undefined : keySetProblem(set);
    if (wrong !== undefined) problem.addIssue({ code: "custom", message: wrong });
  }),
  jwks_uri: z.string().nullable(),
  redirect_uris: redirectUris,
  post_logout_redirect_uris: redirectUris,
  grant_types: z
    .array(
      z.enum([
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
      ]),
    )
    .min(1),
  scope,
  resources: z.array(resourceIdentifier).max(50),
  first_party: z.boolean(),
  client_uri: webUrl.nullable(),
  logo_uri: webUrl.nullable(),
  policy_uri: webUrl.nullable(),
  tos_uri: webUrl.nullable(),
  contacts: z.array(text(320)).max(20),
  /** Where it begins a sign-in when we send somebody (OIDC Core §4). */
  initiate_login_uri: z.string().nullable(),
  default_max_age: z.int().min(0).max(31_536_000).nullable(),
  require_auth_time: z.boolean(),
  require_pushed_authorization_requests: z.boolean(),
  /** Signet's own: an ID token with every refresh, asked for or not. */
  id_token_on_refresh: z.boolean(),
  id_token_signed_response_alg: z.string().max(20),
  userinfo_signed_response_alg: z.string().max(20).nullable(),
  /** Signet's own: the host that pairwise subjects are made for; null: public subjects. */
  pairwise_sector: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[a-z0-9.:[\]-]+$/)
    .nullable(),
  /** An operator may name other hosts than those of the redirects; null: it no longer hears. */
  key_events_uri: z.string().nullable(),
  backchannel_logout_uri: z.string().nullable(),
  backchannel_logout_session_required: z.boolean(),
  frontchannel_logout_uri: z.string().nullable(),
  frontchannel_logout_session_required: z.boolean(),
});

export const NewClientRequest = z
  .strictObject({
    ...ClientMembers.partial().shape,
    client_id: z
      .string()
      .regex(/^[A-Za-z0-9][\w.-]{2,99}$/, "must be 3 to 100 letters, digits, dots, dashes")
      .optional(),
    client_name: ClientMembers.shape.client_name,
  })
  .superRefine((client, problem) => {
    const grants = client.grant_types ?? ["authorization_code"];
    if (grants.includes("authorization_code") && !client.redirect_uris?.length)
      problem.addIssue({
        code: "custom",
        path: ["redirect_uris"],
        message: "is needed for the authorization code grant",
      });
    if (grants.includes("client_credentials") && client.token_endpoint_auth_method === "none")
      problem.addIssue({
        code: "custom",
        path: ["grant_types"],
        message:
          "client_credentials is for clients that can prove who they are (RFC 6749 section 4.4)",
      });
  });

export const ClientChange = z.strictObject({
  ...ClientMembers.partial().shape,
  reason: text(500).optional(),
});

type Described = Omit<z.output<typeof ClientChange>, "reason">;

/** What is wrong with members that only this provider, as it runs, can judge. */
export function problemHere(
  members: Described,
  { issuer, signingAlgs }: { issuer: string; signingAlgs: readonly string[] },
): string | undefined {
  for (const member of SIGNED) {
    const alg = members[member];
    if (typeof alg === "string" && !signingAlgs.includes(alg))
      return `${member}: must be one of ${signingAlgs.join(", ")}`;
  }
  for (const member of CALLED) {
    const uri = members[member];
    const problem = typeof uri === "string" ? calledUriProblem(uri, issuer) : undefined;
    if (problem !== undefined) return `${member}: ${problem}`;
  }
  return undefined;
}

const SIGNED = ["id_token_signed_response_alg", "userinfo_signed_response_alg"] as const;

/** Held to the rules of addresses that we call, or send people to by ourselves. */
const CALLED = [
  "jwks_uri",
  "key_events_uri",
  "backchannel_logout_uri",
  "frontchannel_logout_uri",
  "initiate_login_uri",
] as const;

export const NewResource = z.strictObject({
  identifier: resourceIdentifier,
  name: text(200),
  scopes: z.record(z.string().refine(isScopeToken, "is not a scope"), text(300)),
  public: z.boolean().default(false),
});
