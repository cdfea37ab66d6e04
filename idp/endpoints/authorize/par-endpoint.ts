// POST /par: a client brings its authorization request by itself, proves who it is, and sends the browser
// on with a reference alone (RFC 9126). The same reader as for a browser's request: what it lets through
// is frozen here, and everything it refuses is told to the client at once.
import type { Context } from "koa";
import type { Clock } from "../../../prisma/clock.ts";
import { AuthorizationRefused } from "../../http/authorization-response.ts";
import { PageProblem } from "../../http/page-problem.ts";
import { formParameters } from "../../http/parse.ts";
import { cause } from "../../http/request-context.ts";
import { sendJson } from "../../http/respond.ts";
import { ClientParameters, clientCredentials } from "../../protocol/client-credentials.ts";
import { invalidRequest } from "../../protocol/oauth-error.ts";
import { takeParameters } from "../../protocol/parameters.ts";
import type { AuthenticateClient } from "../../records/clients/authenticate-client.ts";
import type { PushedRequestStore } from "../../records/interactions/pushed-request-store.ts";
import type { WaitingAuthorization } from "../../records/interactions/waiting-authorization.ts";
import { authorizationRequestReader, type ReadRequestDeps } from "./authorization-request.ts";
import { requestUriOf } from "./pushed-request.ts";

export interface ParEndpointDeps extends ReadRequestDeps {
  authenticateClient: AuthenticateClient;
  pushedRequests: Pick<PushedRequestStore, "push">;
  clock: Clock;
}

export const parEndpoint = (deps: ParEndpointDeps) => {
  const { authenticateClient, pushedRequests, clock } = deps;
  const readRequest = authorizationRequestReader(deps);

  return async (ctx: Context): Promise<void> => {
    const parameters = await formParameters(ctx);
    const presented = takeParameters(parameters, ClientParameters);
    const credentials = clientCredentials(ctx.get("Authorization"), presented);
    const client = await authenticateClient(credentials, cause(ctx, "anonymous"));
    // §2.1: a push cannot stand on another one.
    if (parameters.get("request_uri")?.some((uri) => uri !== ""))
      throw invalidRequest("request_uri cannot be pushed");

    const brought = new Map(parameters).set("client_id", [client.id]);
    const { request } = await toldAtOnce(readRequest(brought, "pushed"));
    const { reference, expiresInSeconds } = await pushedRequests.push(request, clock.now());
    const answer = { request_uri: requestUriOf(reference), expires_in: expiresInSeconds };
    sendJson(ctx, answer, { status: 201 });
  };
};

/** Nobody has to be redirected or shown a page: the client itself is here (§2.3). */
async function toldAtOnce(reading: Promise<WaitingAuthorization>): Promise<WaitingAuthorization> {
  try {
    return await reading;
  } catch (refused) {
    if (refused instanceof AuthorizationRefused) throw refused.error;
    if (refused instanceof PageProblem)
      throw invalidRequest(refused.words.developerNote ?? refused.words.title);
    throw refused;
  }
}
