// What this site says to the identity provider, by openid-client: the authorization request, the redemption of a
// code, the refresh, the end of the session. Every answer is checked against the request that it answers.
import * as client from "openid-client";
import { type Clock, numericDate } from "./clock.ts";
import { type FetchLike, fetchForOpenidClient, Unreachable } from "./outbound-fetch.ts";
import type { KnownProvider } from "./provider.ts";

/** What binds a callback to the request that began it (RFC 9700 §4.7.1, RFC 7636, OIDC Core §3.1.2.1). */
export interface RequestBinding {
  state: string;
  nonce: string;
  codeVerifier: string;
}

export interface Tokens {
  accessToken: string;
  refreshToken?: string;
  idToken?: string;
}

/** The provider answered that this site or grant may not have tokens (RFC 6749 §5.2). */
export class TokenRequestRefused extends Error {
  override name = "TokenRequestRefused";
}

export interface AuthorizationServer {
  authorizationUrl(binding: RequestBinding & { loginHint?: string }): Promise<URL>;
  /** @throws client.AuthorizationResponseError, TokenRequestRefused, Unreachable, or an error for a failed check */
  redeem(callback: URL, binding: RequestBinding): Promise<Tokens>;
  /** @throws TokenRequestRefused or Unreachable */
  refresh(refreshToken: string): Promise<Tokens>;
  /** Undefined when the provider offers no sign-out (RP-Initiated Logout 1.0 §2). */
  endSessionUrl(idToken: string | undefined): URL | undefined;
}

const DEADLINE_SECONDS = 5;

export function createAuthorizationServer(options: {
  provider: () => KnownProvider | undefined;
  fetch: FetchLike;
  clock: Clock;
  scope: string;
  resource: string;
  redirectUri: string;
  algorithm: string;
}): AuthorizationServer {
  const { fetch, clock, scope, resource, redirectUri, algorithm } = options;

  const configuration = () => {
    const known = options.provider();
    if (!known) throw new Unreachable("the identity provider has not been discovered yet");
    const { metadata, credentials } = known;
    const config = new client.Configuration(
      // A missing `iss` is then a refusal (RFC 9207 §2.4), whatever the metadata says.
      { ...metadata, authorization_response_iss_parameter_supported: true },
      credentials.clientId,
      {
        id_token_signed_response_alg: algorithm,
        [client.clockSkew]: numericDate(clock.now()) - numericDate(new Date()),
        [client.clockTolerance]: 60,
      },
      credentials.method,
    );
    config[client.customFetch] = fetchForOpenidClient(fetch);
    config.timeout = DEADLINE_SECONDS;
    if (metadata.issuer.startsWith("http:")) client.allowInsecureRequests(config);
    return config;
  };

  return {
    async authorizationUrl({ state, nonce, codeVerifier, loginHint }) {
      return client.buildAuthorizationUrl(configuration(), {
        redirect_uri: redirectUri,
        scope,
        resource,
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: "S256",
        ...(loginHint !== undefined && { login_hint: loginHint }),
      });
    },
    async redeem(callback, { state, nonce, codeVerifier }) {
      const checks = {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      };
      return tokens(client.authorizationCodeGrant(configuration(), callback, checks, { resource }));
    },
    async refresh(refreshToken) {
      return tokens(client.refreshTokenGrant(configuration(), refreshToken, { resource }));
    },
    endSessionUrl(idToken) {
      const known = options.provider();
      if (!known?.metadata.end_session_endpoint) return undefined;
      // No post_logout_redirect_uri: the provider's receipt tells what ended where.
      return client.buildEndSessionUrl(
        configuration(),
        idToken === undefined ? {} : { id_token_hint: idToken },
      );
    },
  };
}

async function tokens(request: Promise<client.TokenEndpointResponse>): Promise<Tokens> {
  try {
    const { access_token, refresh_token, id_token } = await request;
    return {
      accessToken: access_token,
      ...(refresh_token && { refreshToken: refresh_token }),
      ...(id_token && { idToken: id_token }),
    };
  } catch (error) {
    throw classified(error);
  }
}

const NOT_AN_ANSWER = new Set([
  "OAUTH_TIMEOUT",
  "OAUTH_ABORT",
  "OAUTH_RESPONSE_IS_NOT_JSON",
  "OAUTH_RESPONSE_IS_NOT_CONFORM",
  "OAUTH_PARSE_ERROR",
]);

/** Sorts failures into "the provider said no", "nobody answered" and "the answer was wrong". */
function classified(error: unknown): unknown {
  if (error instanceof client.ResponseBodyError) {
    const overloaded = error.status >= 500 || error.status === 429;
    return overloaded
      ? new Unreachable("the token endpoint is not in service", { cause: error })
      : new TokenRequestRefused(error.error, { cause: error });
  }
  if (error instanceof client.WWWAuthenticateChallengeError) {
    return new TokenRequestRefused("invalid_client", { cause: error });
  }
  if (error instanceof client.ClientError) {
    // A proxy's error page is not the provider's word about a grant.
    const silent = error.cause instanceof Unreachable || NOT_AN_ANSWER.has(error.code ?? "");
    return silent ? new Unreachable("the token endpoint did not answer", { cause: error }) : error;
  }
  return error;
}
