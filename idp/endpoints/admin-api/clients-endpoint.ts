import type { Context } from "koa";
import type { KeyRing } from "../../../keys/key-ring.ts";
import type { EndAccess } from "../../ending/end-access.ts";
import { sendJson } from "../../http/respond.ts";
import { newCredential } from "../../protocol/credential.ts";
import { invalidRequest } from "../../protocol/oauth-error.ts";
import { type Client, ClientExists, usesSecret } from "../../records/clients/client.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import type { ClientStore } from "../../records/clients/client-store.ts";
import { clientAnswer } from "./answers.ts";
import { clientPatch, keysProblem, type Members, newClient } from "./client-columns.ts";
import { descriptionPatch } from "./client-description.ts";
import { ClientChange, NewClientRequest, problemHere } from "./client-request.ts";
import { operatorCause } from "./operator-endpoint.ts";
import { pathParameter, readPage, readRequest } from "./request-endpoint.ts";
import { PerhapsReason, WithReason } from "./words.ts";

export interface ClientsEndpointDeps {
  clientStore: Pick<
    ClientStore,
    "add" | "addSecret" | "enable" | "find" | "list" | "remove" | "removeSecret" | "update"
  >;
  clients: Pick<ClientDirectory, "forget">;
  endAccess: EndAccess;
  issuer: string;
  ring: Pick<KeyRing, "signingAlgs">;
  clock: { now(): Date };
}

/** Relying parties and machines. A secret is in the answer that made it and in no other. */
export const clientsEndpoint = ({
  clientStore,
  clients,
  endAccess,
  issuer,
  ring,
  clock,
}: ClientsEndpointDeps) => {
  const requirePossible = (members: Members) => {
    const problem = problemHere(members, { issuer, signingAlgs: ring.signingAlgs });
    if (problem !== undefined) throw invalidRequest(problem);
  };

  const requireKeys = (client: Parameters<typeof keysProblem>[0]) => {
    const problem = keysProblem(client);
    if (problem !== undefined) throw invalidRequest(problem);
  };

  const requireClient = async (ctx: Context): Promise<Client> => {
    const client = await clientStore.find(pathParameter(ctx, "client"));
    return client ?? ctx.throw(404, "There is no such client");
  };

  return {
    async list(ctx: Context) {
      const page = readPage(ctx);
      const found = await clientStore.list(page);
      const next = found.length === page.limit ? found.at(-1)?.id : undefined;
      sendJson(ctx, { clients: found.map(clientAnswer), next });
    },

    async show(ctx: Context) {
      sendJson(ctx, clientAnswer(await requireClient(ctx)));
    },

    async add(ctx: Context) {
      const request = await readRequest(ctx, NewClientRequest);
      requirePossible(request);
      const described = newClient(request);
      requireKeys(described);
      const secret = usesSecret(described) ? newCredential("client-secret") : undefined;
      const client = await clientStore
        .add(described, secret, clock.now(), operatorCause(ctx))
        .catch((error: unknown) => {
          if (error instanceof ClientExists) ctx.throw(409, "There is a client with this id");
          throw error;
        });
      clients.forget();
      sendJson(ctx, { ...clientAnswer(client), client_secret: secret }, { status: 201 });
    },

    async update(ctx: Context) {
      const { reason, ...members } = await readRequest(ctx, ClientChange);
      requirePossible(members);
      const client = await requireClient(ctx);
      const { id, metadata } = client;
      const patch = { ...clientPatch(members), ...descriptionPatch(metadata, members) };
      requireKeys({ ...client, ...patch });
      await clientStore.update(id, patch, clock.now(), operatorCause(ctx, { reason }));
      clients.forget();
      sendJson(ctx, clientAnswer(await requireClient(ctx)));
    },

    /** Revokes every grant of the client as well. */
    async disable(ctx: Context) {
      const { reason } = await readRequest(ctx, WithReason);
      const { id } = await requireClient(ctx);
      const scope = { kind: "client", clientId: id } as const;
      const why = operatorCause(ctx, { reason });
      const { grants } = await endAccess(scope, "client-disabled", clock.now(), why);
      clients.forget();
      sendJson(ctx, { ...clientAnswer(await requireClient(ctx)), grants_ended: grants });
    },

    async enable(ctx: Context) {
      const request = await readRequest(ctx, PerhapsReason);
      const { id } = await requireClient(ctx);
      await clientStore.enable(id, clock.now(), operatorCause(ctx, request));
      clients.forget();
      sendJson(ctx, clientAnswer(await requireClient(ctx)));
    },

    /** A second secret beside the first, so that the client can move over. */
    async addSecret(ctx: Context) {
      const request = await readRequest(ctx, PerhapsReason);
      const client = await requireClient(ctx);
      const { tokenEndpointAuthMethod: method } = client;
      if (!usesSecret(client)) ctx.throw(409, `This client has no secret: its method is ${method}`);
      const secret = await clientStore.addSecret(
        client.id,
        clock.now(),
        operatorCause(ctx, request),
      );
      clients.forget();
      sendJson(ctx, { ...clientAnswer(await requireClient(ctx)), client_secret: secret });
    },

    /** One secret ends, at once: the client has moved over, or it leaked. */
    async removeSecret(ctx: Context) {
      const { reason } = await readRequest(ctx, WithReason);
      const { id } = await requireClient(ctx);
      const secret = pathParameter(ctx, "secret");
      const cause = operatorCause(ctx, { reason });
      if (!(await clientStore.removeSecret(id, secret, clock.now(), cause)))
        ctx.throw(404, "This client has no such secret");
      clients.forget();
      sendJson(ctx, clientAnswer(await requireClient(ctx)));
    },

    /** Grants, consents and secrets go with it. */
    async remove(ctx: Context) {
      const { reason } = await readRequest(ctx, WithReason);
      const { id } = await requireClient(ctx);
      await clientStore.remove(id, clock.now(), operatorCause(ctx, { reason }));
      clients.forget();
      sendJson(ctx, { client_id: id, deleted: true });
    },
  };
};
