// POST /registration: a client registers itself (RFC 7591 §3). Whoever is admitted may add clients,
// which are never first-party. What they do afterwards with their registration is the next file's.
import type { Context } from "koa";
import { z } from "zod";
import type { KeyRing } from "../../../keys/key-ring.ts";
import type { Clock } from "../../../prisma/clock.ts";
import { readJson } from "../../http/parse.ts";
import { cause } from "../../http/request-context.ts";
import { sendJson } from "../../http/respond.ts";
import { hashOf, newCredential } from "../../protocol/credential.ts";
import type { AuditStore } from "../../records/audit/audit-store.ts";
import { usesSecret } from "../../records/clients/client.ts";
import type { ClientDirectory } from "../../records/clients/client-directory.ts";
import type { RegistrationStore } from "../../records/clients/registration-store.ts";
import type { OutboundCall } from "../../sending/outbound-call.ts";
import { type AdmissionDeps, actorOf, findAdmission, notAdmitted } from "./admission.ts";
import { clientInformation } from "./client-information.ts";
import { clientMetadata } from "./client-metadata.ts";
import { newClient } from "./described-client.ts";
import { pairwiseSector } from "./pairwise-sector.ts";
import { registrableScopes } from "./registrable-scopes.ts";

export interface RegistrationEndpointDeps extends AdmissionDeps {
  readonly issuer: string;
  /** Absolute. */
  readonly registrationEndpoint: string;
  readonly ring: Pick<KeyRing, "signingAlgs">;
  readonly clients: Pick<ClientDirectory, "resources" | "forget">;
  readonly registrations: Pick<RegistrationStore, "register">;
  readonly audit: Pick<AuditStore, "record">;
  /** For a sector_identifier_uri. */
  readonly call: OutboundCall;
  readonly clock: Clock;
}

/** Whatever members come: `clientMetadata` judges them, since it names each in its refusal. */
const Presented = z.looseObject({});

/** Strangers are told to come back; the hour they wait for slides, so this is a guess. */
const RETRY_AFTER_SECONDS = 600;

export const registrationEndpoint = ({
  issuer,
  registrationEndpoint,
  ring,
  clients,
  registrations,
  audit,
  call,
  clock,
  ...admitting
}: RegistrationEndpointDeps) => {
  const admissionOf = findAdmission(admitting);

  const refuse = (ctx: Context, reason: string) =>
    audit.record({
      at: clock.now(),
      kind: "client.registration-refused",
      outcome: "refused",
      ...cause(ctx, "anonymous"),
      reason,
    });

  return async (ctx: Context): Promise<void> => {
    const admission = await admissionOf(ctx.get("Authorization"), clock.now());
    if (!admission) {
      await refuse(ctx, "wrong initial access token");
      throw notAdmitted();
    }
    const presented = await readJson(ctx, Presented);
    const scopes = registrableScopes(await clients.resources());
    const metadata = clientMetadata(presented, { scopes, signingAlgs: ring.signingAlgs, issuer });

    const described = newClient(metadata, await pairwiseSector(metadata, call));
    const clientSecret = usesSecret(described) ? newCredential("client-secret") : undefined;
    const registrationToken = newCredential("registration");
    const client = { ...described, registrationTokenHash: hashOf(registrationToken) };
    const by = cause(ctx, actorOf(admission));
    const outcome = await registrations.register(client, clientSecret, admission, clock.now(), by);
    if (outcome.kind === "token-spent") {
      await refuse(ctx, "initial access token used up");
      throw notAdmitted();
    }
    if (outcome.kind === "too-many-strangers") {
      await refuse(ctx, "too many registrations without a token");
      ctx.set("Retry-After", String(RETRY_AFTER_SECONDS));
      ctx.throw(429, "Too many clients have registered lately");
    }
    clients.forget();
    const own = { registrationEndpoint, registrationToken, clientSecret };
    sendJson(ctx, clientInformation(outcome.client, own), { status: 201 });
  };
};
