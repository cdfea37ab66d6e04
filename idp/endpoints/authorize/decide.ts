/**
 * What comes next for an authorization request: a pure choice over what was asked, what is known and
 * the time. Pages only record what a person did; each returns here (OIDC Core §3.1.2.1-§3.1.2.4).
 */
import {
  accessDenied,
  consentRequired,
  loginRequired,
  type OAuthError,
} from "../../protocol/oauth-error.ts";
import type { Client } from "../../records/clients/client.ts";
import type { Consent } from "../../records/consents/consent.ts";
import type { Interaction } from "../../records/interactions/interaction.ts";
import {
  type AuthorizationRequest,
  scopesToAllow,
} from "../../records/interactions/interaction-request.ts";
import type { Session } from "../../records/sessions/session.ts";

/**
 * What a person has done within this interaction, under the session it names; nothing of it yet for a
 * fresh request. It says nothing about whoever is signed in by another session (security A8).
 */
export type Progress = Pick<
  Interaction,
  "sessionId" | "authenticatedAt" | "accountChosenAt" | "consentAnswer" | "consentScopes"
>;

export type SignedIn = Pick<Session, "id" | "accountId" | "authenticatedAt">;

export interface Facts<S extends SignedIn = SignedIn> {
  request: Pick<
    AuthorizationRequest,
    "prompt" | "maxAgeSeconds" | "hintSubject" | "scopes" | "claims" | "resources"
  >;
  client: Pick<Client, "firstParty">;
  /** A live session of an enabled account, in this browser. */
  session?: S | undefined;
  /** What the client calls that account's person. */
  subject?: string | undefined;
  /** What that account has allowed this client before. */
  consent?: Pick<Consent, "scopes" | "resources"> | undefined;
  progress?: Progress | undefined;
  now: Date;
}

export type AuthorizationDecision<S extends SignedIn = SignedIn> =
  | { kind: "sign-in" }
  | { kind: "step-up" }
  | { kind: "choose-account" }
  | { kind: "ask-consent" }
  | { kind: "refuse"; error: OAuthError }
  | { kind: "issue-code"; session: S; scopes: readonly string[]; grantKind: "session" | "offline" };

/**
 * How long an authentication made for this very request counts as fresh, whatever its max_age: long
 * enough to read a consent page, and `max_age=0` would never be satisfied otherwise.
 */
const JUST_NOW_SECONDS = 60;

export function decide<S extends SignedIn>(facts: Facts<S>): AuthorizationDecision<S> {
  const { request, session } = facts;
  const isSilent = request.prompt.includes("none");
  if (!session)
    return isSilent ? refuse(loginRequired("Nobody is signed in")) : { kind: "sign-in" };

  const done = facts.progress?.sessionId === session.id ? facts.progress : undefined;
  const wasAuthenticatedHere = done?.authenticatedAt !== undefined;
  if (request.hintSubject !== undefined && request.hintSubject !== facts.subject) {
    // Asked once; whoever then signs in as somebody else cannot be the person the client means.
    return isSilent || wasAuthenticatedHere
      ? refuse(loginRequired("The person signed in is not the one that the request names"))
      : { kind: "sign-in" };
  }
  if (!isFreshEnough(facts, session, wasAuthenticatedHere)) {
    return isSilent
      ? refuse(loginRequired("The person has to sign in again"))
      : { kind: "step-up" };
  }
  const hasChosen = wasAuthenticatedHere || done?.accountChosenAt !== undefined;
  if (request.prompt.includes("select_account") && !hasChosen) return { kind: "choose-account" };

  return decideConsent({ ...facts, done }, session, isSilent);
}

function decideConsent<S extends SignedIn>(
  { request, client, consent, done }: Facts<S> & { done: Progress | undefined },
  session: S,
  isSilent: boolean,
): AuthorizationDecision<S> {
  if (done?.consentAnswer === "denied") {
    return refuse(accessDenied("The person did not allow this"));
  }
  const isAskedForConsent = request.prompt.includes("consent");
  if (client.firstParty && !isAskedForConsent) return issue(session, request.scopes);

  const isAllowed = consent !== undefined && covers(consent, request);
  const isAnsweredHere =
    done?.consentAnswer === "allowed" && includesAll(done.consentScopes, scopesToAllow(request));
  if (isAllowed && (isAnsweredHere || !isAskedForConsent)) return issue(session, request.scopes);
  if (!isSilent) return { kind: "ask-consent" };

  // Offline access is ignored where the page that would ask for it is not shown (OIDC Core §11).
  const scopes = request.scopes.filter((scope) => scope !== "offline_access");
  const isAllowedOnline = consent !== undefined && covers(consent, { ...request, scopes });
  return isAllowedOnline
    ? issue(session, scopes)
    : refuse(consentRequired("The person has not allowed this yet"));
}

function isFreshEnough(
  { request, now }: Facts,
  session: SignedIn,
  wasAuthenticatedHere: boolean,
): boolean {
  if (request.prompt.includes("login") && !wasAuthenticatedHere) return false;
  const { maxAgeSeconds } = request;
  if (maxAgeSeconds === undefined) return true;
  const ageSeconds = (now.getTime() - session.authenticatedAt.getTime()) / 1000;
  if (wasAuthenticatedHere && ageSeconds <= JUST_NOW_SECONDS) return true;
  // max_age=0 is prompt=login by another name (OIDC Core §3.1.2.1).
  return maxAgeSeconds > 0 && ageSeconds <= maxAgeSeconds;
}

function covers(
  consent: Pick<Consent, "scopes" | "resources">,
  request: Pick<AuthorizationRequest, "scopes" | "claims" | "resources">,
): boolean {
  return (
    includesAll(consent.scopes, scopesToAllow(request)) &&
    includesAll(consent.resources, request.resources)
  );
}

function includesAll(all: readonly string[], some: readonly string[]): boolean {
  return some.every((one) => all.includes(one));
}

function issue<S extends SignedIn>(
  session: S,
  scopes: readonly string[],
): AuthorizationDecision<S> {
  const grantKind = scopes.includes("offline_access") ? "offline" : "session";
  return { kind: "issue-code", session, scopes, grantKind };
}

const refuse = (error: OAuthError) => ({ kind: "refuse", error }) as const;
