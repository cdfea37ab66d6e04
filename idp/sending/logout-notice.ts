// The word that a sign-in has ended, to one site: delivered when the site answers that it has ended it too
// (OIDC Back-Channel Logout §2.8).
import type { Clock } from "../../prisma/clock.ts";
import type { Client } from "../records/clients/client.ts";
import type { ClaimedDelivery, LogoutDelivery } from "../records/outbox/delivery.ts";
import type { Subjects } from "../records/subjects/subjects.ts";
import type { LogoutTokens } from "../tokens/logout-token.ts";
import type { OutboundCall } from "./outbound-call.ts";

export interface LogoutNoticeDeps {
  readonly tokens: LogoutTokens;
  readonly clients: { find(id: string): Promise<Client | undefined> };
  readonly subjects: Pick<Subjects, "of">;
  readonly call: OutboundCall;
  readonly clock: Clock;
}

/** 204 comes from frameworks that have nothing to say (§2.8). */
const HEARD: readonly number[] = [200, 204];

/** @returns why it did not arrive; undefined when it did */
export const logoutNotice =
  ({ tokens, clients, subjects, call, clock }: LogoutNoticeDeps) =>
  async (delivery: ClaimedDelivery<LogoutDelivery>): Promise<string | undefined> => {
    const { clientId, payload, uri, heldUntil } = delivery;
    const client = await clients.find(clientId);
    if (client === undefined) return "the client is gone";
    const alg = client.idTokenSignedResponseAlg;
    const subject = subjects.of(client, payload.subject);
    const token = await tokens.mint({ clientId, alg, ...payload, subject }, clock.now());
    // Whoever holds it by now attempts it as well.
    if (clock.now() >= heldUntil) return "not attempted in time";
    const came = await call(uri, { logout_token: token });
    if (came.kind === "failed") return came.problem;
    if (HEARD.includes(came.status)) return undefined;
    return came.status === 400 ? "refuses the logout" : `answers ${came.status}`;
  };
