import type { Context } from "koa";
import { sendJson } from "../../http/respond.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import type { ClientStore } from "../../records/clients/client-store.ts";
import { resourceAnswer } from "./answers.ts";
import { NewResource } from "./client-request.ts";
import { operatorCause } from "./operator-endpoint.ts";
import { readRequest } from "./request-endpoint.ts";

export interface ResourcesEndpointDeps {
  clientStore: Pick<ClientStore, "putResource">;
  clients: Pick<ClientDirectory, "forget" | "resources">;
  clock: { now(): Date };
}

/** What access tokens are for (RFC 8707): APIs, their scopes, and the words people read about them. */
export const resourcesEndpoint = ({ clientStore, clients, clock }: ResourcesEndpointDeps) => ({
  async list(ctx: Context) {
    sendJson(ctx, { resources: (await clients.resources()).map(resourceAnswer) });
  },

  /** Adds the resource, or replaces what is known of it. */
  async put(ctx: Context) {
    const resource = await readRequest(ctx, NewResource);
    await clientStore.putResource(resource, clock.now(), operatorCause(ctx));
    clients.forget();
    sendJson(ctx, resourceAnswer(resource));
  },
});
