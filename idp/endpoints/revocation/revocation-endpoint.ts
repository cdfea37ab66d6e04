// POST /revocation: a client takes back a token of its own (RFC 7009). A token is a leaf of its grant,
// and the whole grant ends: access tokens verify offline, so one of them alone cannot be taken back.
import type { Context } from "koa";
import { z } from "zod";
import type { Clock } from "../../../prisma/clock.ts";
import type { EndAccess } from "../../ending/end-access.ts";
import { readForm } from "../../http/parse.ts";
import { cause } from "../../http/request-context.ts";
import { ClientParameters, clientCredentials } from "../../protocol/client-credentials.ts";
import type { AuthenticateClient } from "../../records/clients/authenticate-client.ts";
import type { StandingGrantStore } from "../../records/grants/standing-grant-store.ts";
import { type GrantOfTokenDeps, grantOfToken } from "./grant-of-token.ts";

export interface RevocationEndpointDeps extends GrantOfTokenDeps {
  readonly authenticateClient: AuthenticateClient;
  readonly endAccess: EndAccess;
  /** Remembers grants of clients that act for themselves; told when one may have ended. */
  readonly standingGrants: Pick<StandingGrantStore, "forget">;
  readonly clock: Clock;
}

/** `token_type_hint` is only a hint, and our tokens tell their kind by themselves (§2.1). */
const RevocationRequest = ClientParameters.extend({
  token: z.string(),
  token_type_hint: z.string().optional(),
});

export const revocationEndpoint =
  ({ authenticateClient, endAccess, standingGrants, clock, ...tokens }: RevocationEndpointDeps) =>
  async (ctx: Context): Promise<void> => {
    const request = await readForm(ctx, RevocationRequest);
    const credentials = clientCredentials(ctx.get("Authorization"), request);
    const client = await authenticateClient(credentials, cause(ctx, "anonymous"));
    const grantId = await grantOfToken(tokens, request.token, client);
    if (grantId !== undefined) {
      const by = cause(ctx, `client:${client.id}`);
      await endAccess({ kind: "grant", grantId }, "token-revoked", clock.now(), by);
      standingGrants.forget();
    }
    // Unknown, foreign and ended tokens get the same answer: they are of no use either way (§2.2).
    ctx.status = 200;
    ctx.set("Cache-Control", "no-store");
    ctx.body = "";
    // An empty answer has no type; `text/plain` is an error to clients that look (oidc-client-ts).
    ctx.remove("Content-Type");
  };
