/**
 * From parameters to a validated authorization request (RFC 6749 §4.1.1, OIDC Core §3.1.2.1, RFC
 * 7636). Until client and redirect URI are verified a problem is told on a page; after that, to the
 * client (RFC 6749 §4.1.2.1).
 */
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import { AuthorizationRefused, type ResponseTarget } from "../../http/authorization-response.ts";
import { SUPPORTED_ACR_VALUES } from "../../protocol/acr.ts";
import { scopesOfClaims } from "../../protocol/claims.ts";
import { type ClaimsRequest, parseClaims } from "../../protocol/claims-request.ts";
import {
  invalidRequest,
  OAuthError,
  registrationNotSupported,
  requestNotSupported,
  requestUriNotSupported,
  unauthorizedClient,
  unmetAuthenticationRequirements,
  unsupportedResponseType,
} from "../../protocol/oauth-error.ts";
import { takeParameters } from "../../protocol/parameters.ts";
import { isCodeChallenge, needsPkce, type PkceFor } from "../../protocol/pkce.ts";
import { type Client, isPublicClient } from "../../records/clients/client.ts";
import { type RequestedAccess, requestedAccess } from "../../records/clients/requested-access.ts";
import {
  type AuthorizationRequest,
  PROMPTS,
} from "../../records/interactions/interaction-request.ts";
import type { WaitingAuthorization } from "../../records/interactions/waiting-authorization.ts";
import type { IdTokens } from "../../tokens/id-token.ts";
import { type Parameters, verifySender } from "./verify-sender.ts";

export interface ReadRequestDeps {
  clients: RequestedAccess["directory"] & {
    find(id: string): Promise<Client | undefined>;
  };
  idTokens: Pick<IdTokens, "readHint">;
  config: { readonly pkceFor: PkceFor };
  clock: Clock;
}

const Question = z.object({
  response_type: z.string(),
  response_mode: z.string().optional(),
  state: z.string().optional(),
  nonce: z.string().optional(),
  scope: z.string().optional(),
  resource: z.array(z.string()).default([]),
  code_challenge: z.string().optional(),
  code_challenge_method: z.string().optional(),
  prompt: z.string().optional(),
  max_age: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .optional(),
  acr_values: z.string().optional(),
  claims: z.string().optional(),
  login_hint: z.string().optional(),
  id_token_hint: z.string().optional(),
  ui_locales: z.string().optional(),
  display: z.string().optional(),
});
type Question = z.output<typeof Question>;

/** Whether the request came with the browser, or from its client itself (RFC 9126). */
type HowItCame = "brought" | "pushed";

/** @throws PageProblem, AuthorizationRefused, OAuthError (for a page) */
export const authorizationRequestReader =
  ({ clients, idTokens, config, clock }: ReadRequestDeps) =>
  async (parameters: Parameters, how: HowItCame = "brought"): Promise<WaitingAuthorization> => {
    const { client, target } = await verifySender(parameters, clients);
    try {
      refuseUnsupported(parameters);
      const question = takeParameters(parameters, Question, { repeatable: ["resource"] });
      if (how === "brought" && client.requirePushedAuthorizationRequests)
        throw invalidRequest("This client has to push its authorization requests (RFC 9126)");
      requireCodeFlow(question, client, target);
      requireProofKey(question, client, config.pkceFor);
      const access = await requestedAccess(question, client, clients);
      const claims = question.claims === undefined ? undefined : parseClaims(question.claims);
      requireReachableAcr(claims);
      const hinted = await hintedSubject(question, client, idTokens, clock.now());
      const meant = { hintSubject: onePerson(hinted, claims?.subject) };
      const request = freeze(question, client, target, { ...access, ...meant, claims });
      return { request, client, redirectUri: target.redirectUri };
    } catch (error) {
      throw error instanceof OAuthError ? new AuthorizationRefused(target, error) : error;
    }
  };

/** OIDC Core §6.1, §6.2, §7.2.1: refused by name, never half understood. */
function refuseUnsupported(parameters: Parameters): void {
  if (isGiven(parameters, "request"))
    throw requestNotSupported("request objects are not supported");
  if (isGiven(parameters, "request_uri"))
    throw requestUriNotSupported("request_uri has to be one that was given at /par");
  if (isGiven(parameters, "registration"))
    throw registrationNotSupported("registration is not supported");
}

function isGiven(parameters: Parameters, name: string): boolean {
  return parameters.get(name)?.some((value) => value !== "") ?? false;
}

/** What is offered of RFC 6749 §3.1.1 and OAuth 2.0 Form Post Response Mode. */
function requireCodeFlow(question: Question, client: Client, target: ResponseTarget): void {
  if (question.response_type !== "code") {
    throw unsupportedResponseType("Only response_type=code is supported");
  }
  if (!client.grantTypes.includes("authorization_code")) {
    throw unauthorizedClient("This client is not registered for the authorization code grant");
  }
  if (question.response_mode !== undefined && question.response_mode !== target.responseMode) {
    throw invalidRequest("response_mode must be query, or form_post to a web address");
  }
}

/** PKCE with S256 for every client, or at least for those that cannot prove who they are (RFC 9700 §2.1.1). */
function requireProofKey(question: Question, client: Client, pkceFor: PkceFor): void {
  const { code_challenge: challenge, code_challenge_method: method } = question;
  if (challenge === undefined) {
    if (needsPkce(isPublicClient(client), pkceFor) || method !== undefined)
      throw invalidRequest("code_challenge is missing");
    return;
  }
  // An absent method means plain (RFC 7636 §4.3), which proves nothing to whoever saw the request.
  if (method !== "S256") {
    throw invalidRequest("code_challenge_method must be S256");
  }
  if (!isCodeChallenge(challenge)) throw invalidRequest("code_challenge is not valid");
}

function prompts(text: string | undefined): (typeof PROMPTS)[number][] {
  const values = [...new Set(words(text))].map((value) => PROMPTS.find((known) => known === value));
  const known = values.filter((value) => value !== undefined);
  if (known.length < values.length) throw invalidRequest("prompt has an unknown value");
  if (known.includes("none") && known.length > 1) {
    throw invalidRequest("prompt=none cannot be combined with another value");
  }
  return known;
}

/** Only a token we gave this very client says whom it means (OIDC Core §3.1.2.1). */
async function hintedSubject(
  { id_token_hint: hint }: Question,
  client: Client,
  idTokens: ReadRequestDeps["idTokens"],
  now: Date,
): Promise<string | undefined> {
  if (hint === undefined) return undefined;
  const named = await idTokens.readHint(hint, now);
  if (named?.clientId !== client.id) {
    throw invalidRequest("id_token_hint is not an ID token that this client was given");
  }
  return named.subject;
}

/** OpenID Connect Core §5.5.1.1; what is only wished for (acr_values) never fails. */
function requireReachableAcr(claims: ClaimsRequest | undefined): void {
  const wanted = claims?.essentialAcr;
  if (wanted && !SUPPORTED_ACR_VALUES.some((acr) => wanted.includes(acr))) {
    throw unmetAuthenticationRequirements("No acr that claims calls essential can be reached here");
  }
}

/** A hint and a claim may both name the person the client means; it has to be one and the same. */
function onePerson(hinted: string | undefined, claimed: string | undefined): string | undefined {
  if (hinted !== undefined && claimed !== undefined && hinted !== claimed) {
    throw invalidRequest("id_token_hint and claims name different people");
  }
  return hinted ?? claimed;
}

/** Of the claims asked for by name, those that the client could ask for by scope as well. */
function namedClaims({ idToken, userinfo }: ClaimsRequest, client: Client) {
  const mayAsk = (claim: string) =>
    scopesOfClaims([claim]).every((scope) => client.scopes.includes(scope));
  return { idToken: idToken.filter(mayAsk), userinfo: userinfo.filter(mayAsk) };
}

type Understood = Pick<AuthorizationRequest, "scopes" | "resources" | "hintSubject"> & {
  claims: ClaimsRequest | undefined;
};

function freeze(
  question: Question,
  client: Client,
  target: ResponseTarget,
  { scopes, resources, hintSubject, claims }: Understood,
): AuthorizationRequest {
  const prompt = prompts(question.prompt);
  const isAsked = !client.firstParty || prompt.includes("consent");
  const mayRefresh = client.grantTypes.includes("refresh_token");
  return Object.freeze({
    clientId: client.id,
    redirectUri: target.redirectUri,
    responseMode: target.responseMode,
    state: target.state,
    nonce: question.nonce,
    // Offline access is ignored where no consent is asked for it, or nothing could use it (design 5).
    scopes: scopes.filter((scope) => scope !== "offline_access" || (isAsked && mayRefresh)),
    resources,
    claims: claims && namedClaims(claims, client),
    codeChallenge: question.code_challenge,
    prompt,
    maxAgeSeconds: question.max_age ?? client.defaultMaxAgeSeconds,
    acrValues: words(question.acr_values),
    loginHint: question.login_hint,
    hintSubject,
    display: question.display,
    uiLocales: words(question.ui_locales),
  });
}

function words(text: string | undefined): string[] {
  return text?.split(" ").filter((word) => word !== "") ?? [];
}
