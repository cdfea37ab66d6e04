import type { Context } from "koa";
import { randomNonce, randomPKCECodeVerifier, randomState } from "openid-client";
import type { AuthorizationServer } from "./authorization-server.ts";
import { type Clock, numericDate } from "./clock.ts";
import type { Provider } from "./provider.ts";
import type { Reachability } from "./reachability.ts";
import { returnPath } from "./return-path.ts";
import type { SignInCookie } from "./sign-in-cookie.ts";
import { signInNotPossible } from "./site-problem.ts";

/** Sends the browser to the identity provider, to come back to `returnTo` (OIDC Core §3.1.2.1). */
export type BeginSignIn = (
  ctx: Context,
  returnTo: string | undefined,
  /** Who is meant, as far as whoever sent the person knows. */
  meant?: { readonly loginHint?: string },
) => Promise<void>;

export function createBeginSignIn(options: {
  provider: Provider;
  authorizationServer: Pick<AuthorizationServer, "authorizationUrl">;
  reachability: Reachability;
  signIns: SignInCookie;
  baseUrl: string;
  clock: Clock;
}): BeginSignIn {
  const { provider, authorizationServer, reachability, signIns, baseUrl, clock } = options;

  /** Nobody is sent to a provider that is known to be away; one question may find it back. */
  const requireProvider = async () => {
    const away = !provider.known() || reachability.unreachableSince() !== undefined;
    if (!away) return;
    if (!reachability.isPausing()) await provider.refresh();
    if (!provider.known() || reachability.unreachableSince()) throw signInNotPossible();
  };
  return async (ctx, returnTo, meant = {}) => {
    await requireProvider();
    const signIn = {
      state: randomState(),
      nonce: randomNonce(),
      codeVerifier: randomPKCECodeVerifier(),
      returnTo: returnPath(returnTo, baseUrl),
      startedAt: numericDate(clock.now()),
    };
    const url = await authorizationServer.authorizationUrl({ ...signIn, ...meant });
    await signIns.write(ctx, signIn);
    ctx.status = 303;
    ctx.redirect(url.href);
  };
}
