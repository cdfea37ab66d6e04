// GET, PUT and DELETE /registration/:client: a client reads, replaces and ends its own registration
// (RFC 7592). The registration access token stays the same for life: were it rotated, a client whose
// answer got lost could never manage itself again, and nobody could help it (RFC 7592 §5 leaves the choice).
import type { Context } from "koa";
import { z } from "zod";
import type { KeyRing } from "../../../keys/key-ring.ts";
import type { Clock } from "../../../prisma/clock.ts";
import { readJson } from "../../http/parse.ts";
import { cause } from "../../http/request-context.ts";
import { sendJson } from "../../http/respond.ts";
import { bearerToken } from "../../protocol/bearer-token.ts";
import { hashOf, isCredential, matchesHash, newCredential } from "../../protocol/credential.ts";
import { invalidToken } from "../../protocol/oauth-error.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import type { Client } from "../../records/clients/client.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import type { ClientStore } from "../../records/clients/client-store.ts";
import type {
  OwnRegistration,
  RegistrationStore,
} from "../../records/clients/registration-store.ts";
import type { OutboundCall } from "../../sending/outbound-call.ts";
import { clientInformation } from "./client-information.ts";
import { clientMetadata } from "./client-metadata.ts";
import { describedClient, isRegisteredId } from "./described-client.ts";
import { pairwiseSector } from "./pairwise-sector.ts";
import { registrableScopes } from "./registrable-scopes.ts";
import { requireReplacement } from "./replacement.ts";

export interface RegisteredClientEndpointDeps {
  readonly issuer: string;
  /** Absolute. */
  readonly registrationEndpoint: string;
  readonly ring: Pick<KeyRing, "signingAlgs">;
  readonly clients: Pick<ClientDirectory, "resources" | "forget">;
  readonly clientStore: Pick<ClientStore, "find">;
  readonly registrations: Pick<RegistrationStore, "replace" | "remove">;
  readonly audit: Pick<AuditStore, "record">;
  /** For a sector_identifier_uri. */
  readonly call: OutboundCall;
  readonly clock: Clock;
}

const Presented = z.looseObject({});

/** Compared with when there is nothing to compare with, so that an unknown client costs the same. */
const nobodysHash = hashOf("nobody's registration");

export const registeredClientEndpoint = ({
  issuer,
  registrationEndpoint,
  ring,
  clients,
  clientStore,
  registrations,
  audit,
  call,
  clock,
}: RegisteredClientEndpointDeps) => {
  /** One answer for a wrong token, another client's, a client that is gone or disabled: none tells which. */
  async function refuse(ctx: Context): Promise<never> {
    await audit.record({
      at: clock.now(),
      kind: "client.registration-refused",
      outcome: "refused",
      ...cause(ctx, "anonymous"),
      reason: "wrong registration access token",
    });
    throw invalidToken("The registration access token is not valid for this client");
  }

  async function requireOwner(ctx: Context): Promise<{ client: Client; own: OwnRegistration }> {
    const registrationToken = bearerToken({ authorization: ctx.get("Authorization") });
    const id = String(ctx.params.client);
    // From the database: what another replica changed a moment ago must not be lost in an update.
    const client = isRegisteredId(id) ? await clientStore.find(id) : undefined;
    const hash = client?.registrationTokenHash ?? nobodysHash;
    const isOwner =
      matchesHash(registrationToken, hash) && isCredential("registration", registrationToken);
    if (!client || !isOwner || client.disabledAt) return refuse(ctx);
    return { client, own: { id, registrationToken } };
  }

  const causeOf = (ctx: Context, { id }: OwnRegistration) => cause(ctx, `client:${id}`);

  return {
    /** RFC 7592 §2.1. The secret is known to nobody here, so it is not in the answer. */
    async read(ctx: Context) {
      const { client, own } = await requireOwner(ctx);
      sendJson(ctx, clientInformation(client, { ...own, registrationEndpoint }));
    },

    /** RFC 7592 §2.2: what is not said anew is as if it had never been said. */
    async replace(ctx: Context) {
      const { client, own } = await requireOwner(ctx);
      const presented = await readJson(ctx, Presented);
      const now = clock.now();
      requireReplacement(presented, client, now);
      const scopes = registrableScopes(await clients.resources());
      const metadata = clientMetadata(presented, { scopes, signingAlgs: ring.signingAlgs, issuer });

      const description = describedClient(
        client.id,
        metadata,
        await pairwiseSector(metadata, call),
      );
      const offered = newCredential("client-secret");
      const by = causeOf(ctx, own);
      const replaced = await registrations.replace(own, description, offered, now, by);
      if (!replaced) return refuse(ctx);
      clients.forget();
      const clientSecret = replaced.gotSecret ? offered : undefined;
      const told = { ...own, registrationEndpoint, clientSecret };
      sendJson(ctx, clientInformation(replaced.client, told));
    },

    /** RFC 7592 §2.3. */
    async remove(ctx: Context) {
      const { own } = await requireOwner(ctx);
      if (!(await registrations.remove(own, clock.now(), causeOf(ctx, own)))) return refuse(ctx);
      clients.forget();
      ctx.set("Cache-Control", "no-store");
      ctx.status = 204;
    },
  };
};
