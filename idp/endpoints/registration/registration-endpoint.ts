// POST /registration: a client registers itself (RFC 7591 §3). Mounted only where an initial access token
// is set; whoever holds it may add clients, which are never first-party.
import type { Context } from "koa";
import { z } from "zod";
import type { KeyRing } from "../../../keys/key-ring.ts";
import type { Clock } from "../../../prisma/clock.ts";
import { readJson } from "../../http/parse.ts";
import { cause } from "../../http/request-context.ts";
import { sendJson } from "../../http/respond.ts";
import { bearerToken } from "../../protocol/bearer-token.ts";
import { hashOf, matchesHash, newCredential } from "../../protocol/credential.ts";
import { invalidToken } from "../../protocol/oauth-error.ts";
import { OIDC_SCOPES } from "../../protocol/scope.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import { type Resource, usesSecret } from "../../records/clients/client.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import type { ClientStore } from "../../records/clients/client-store.ts";
import type { OutboundCall } from "../../sending/outbound-call.ts";
import { clientInformation } from "./client-information.ts";
import { clientMetadata } from "./client-metadata.ts";
import { newClient } from "./new-client.ts";
import { pairwiseSector } from "./pairwise-sector.ts";

export interface RegistrationEndpointDeps {
  /** Opens the door (RFC 7591 §1.2). */
  readonly registrationToken: string;
  readonly issuer: string;
  readonly ring: Pick<KeyRing, "signingAlgs">;
  readonly clients: Pick<ClientDirectory, "resources" | "forget">;
  readonly clientStore: Pick<ClientStore, "add">;
  readonly audit: Pick<AuditStore, "record">;
  /** For a sector_identifier_uri. */
  readonly call: OutboundCall;
  readonly clock: Clock;
}

/** Whatever members come: `clientMetadata` judges them, since it names each in its refusal. */
const Presented = z.looseObject({});

export const registrationEndpoint = ({
  registrationToken,
  issuer,
  ring,
  clients,
  clientStore,
  audit,
  call,
  clock,
}: RegistrationEndpointDeps) => {
  const registrationTokenHash = hashOf(registrationToken);

  return async (ctx: Context): Promise<void> => {
    const token = bearerToken({ authorization: ctx.get("Authorization") });
    if (!matchesHash(token, registrationTokenHash)) {
      await audit.record({
        at: clock.now(),
        kind: "client.registration-refused",
        outcome: "refused",
        ...cause(ctx, "anonymous"),
      });
      throw invalidToken("The initial access token is not valid");
    }
    const presented = await readJson(ctx, Presented);
    const scopes = registrableScopes(await clients.resources());
    const { signingAlgs } = ring;
    const metadata = clientMetadata(presented, { scopes, signingAlgs, issuer });

    const registered = newClient(metadata, await pairwiseSector(metadata, call));
    const clientSecret = usesSecret(registered) ? newCredential("client-secret") : undefined;
    const by = cause(ctx, "registration-token");
    const client = await clientStore.add(registered, clientSecret, clock.now(), by);
    clients.forget();
    sendJson(ctx, clientInformation(client, metadata, clientSecret), { status: 201 });
  };
};

/** The scopes of OpenID Connect and of every resource that any client may name. */
const registrableScopes = (resources: readonly Resource[]): string[] => [
  ...new Set([
    ...OIDC_SCOPES,
    ...resources.filter((resource) => resource.public).flatMap(({ scopes }) => Object.keys(scopes)),
  ]),
];
