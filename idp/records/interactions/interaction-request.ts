// What an interaction keeps frozen, by kind. Written once by the door that opened it and read back
// through these schemas; the browser has no say in it any more (security A4).
import { z } from "zod";
import { scopesOfClaims } from "../../protocol/claims.ts";

/** Values of `prompt` (OIDC Core §3.1.2.1). */
export const PROMPTS = ["none", "login", "consent", "select_account"] as const;

/** A validated authorization request (RFC 6749 §4.1.1, OIDC Core §3.1.2.1). */
export const AuthorizationRequest = z
  .object({
    clientId: z.string(),
    redirectUri: z.string(),
    responseMode: z.enum(["query", "form_post"]),
    state: z.string().optional(),
    nonce: z.string().optional(),
    scopes: z.array(z.string()),
    resources: z.array(z.string()),
    /** Absent only for a confidential client, where PKCE_FOR lets it go without. */
    codeChallenge: z.string().optional(),
    /** Asked for by name (OIDC Core §5.5). */
    claims: z.object({ idToken: z.array(z.string()), userinfo: z.array(z.string()) }).optional(),
    prompt: z.array(z.enum(PROMPTS)),
    /** The request's, or else the client's registered default. */
    maxAgeSeconds: z.number().optional(),
    acrValues: z.array(z.string()),
    loginHint: z.string().optional(),
    /** Whom the client means, by its own name for them (id_token_hint, claims): only they will do. */
    hintSubject: z.string().optional(),
    display: z.string().optional(),
    uiLocales: z.array(z.string()),
  })
  .readonly();
export type AuthorizationRequest = z.infer<typeof AuthorizationRequest>;

/** What the person has to allow: the scopes, and those that single claims are parts of. */
export const scopesToAllow = ({
  scopes,
  claims,
}: {
  readonly scopes: readonly string[];
  readonly claims?: AuthorizationRequest["claims"];
}): string[] => [
  ...new Set([
    ...scopes,
    ...scopesOfClaims([...(claims?.idToken ?? []), ...(claims?.userinfo ?? [])]),
  ]),
];

/** One of our own pages wants a person, perhaps one who signed in a short while ago. */
export const OwnPageRequest = z
  .object({
    /** A path of ours, with a leading slash. */
    path: z.string().regex(/^\/(?![/\\])/),
    maxAgeSeconds: z.number().optional(),
    /** Why they have to sign in, where the sign-in page has something to say about it. */
    because: z.enum(["everything-ended"]).optional(),
  })
  .readonly();
export type OwnPageRequest = z.infer<typeof OwnPageRequest>;

/** A device that somebody is about to answer for (RFC 8628 §3.3). */
export const DeviceAnswerRequest = z
  .object({
    codeHash: z.string(),
    /** As the device shows it: the person compares. */
    userCode: z.string(),
  })
  .readonly();

/** A request to sign out (RP-Initiated Logout §2), as far as it has been verified. */
export const SignOutRequest = z
  .object({
    step: z.literal("ask"),
    clientId: z.string().optional(),
    /** Registered for that client, character by character. */
    redirectUri: z.string().optional(),
    state: z.string().optional(),
    /** Whom a valid id_token_hint names. */
    hint: z.object({ subject: z.string(), sid: z.string().optional() }).readonly().optional(),
  })
  .readonly();
export type SignOutRequest = z.infer<typeof SignOutRequest>;

/** What a sign-out ended, kept for the page that says so. */
export const SignOutReceipt = z
  .object({
    step: z.literal("receipt"),
    at: z.coerce.date(),
    /** Every sign-in of the person's, not only this browser's. */
    everywhere: z.boolean(),
    /** Those that ended. */
    sessionIds: z.array(z.string()),
    sites: z.array(
      z.object({
        clientId: z.string(),
        /** By which it knows this browser's sign-in, if it was visited here. */
        sid: z.string().optional(),
        /** It ended its own session before it asked. */
        endedItself: z.boolean(),
        /** When the last access token it was given is over, if it was given any. */
        endsBy: z.coerce.date().optional(),
      }),
    ),
    /** Verified: where the person goes on to, once browsers have been asked on the way. */
    onward: z.string().optional(),
  })
  .readonly();
export type SignOutReceipt = z.infer<typeof SignOutReceipt>;
