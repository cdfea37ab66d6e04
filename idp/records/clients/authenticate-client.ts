// Client authentication (RFC 6749 §2.3, RFC 9700 §2.5): whether what a client says of itself is true,
// by the one method it is registered for.
import type { Clock } from "../../../prisma/clock.ts";
import type { ClientCredentials } from "../../protocol/client-credentials.ts";
import { hashOf, matchesHash } from "../../protocol/credential.ts";
import { invalidClient } from "../../protocol/oauth-error.ts";
import type { Cause } from "../audit/audit-event.ts";
import type { AuditStore } from "../audit/audit-store.ts";
import type { Client } from "./client.ts";
import type { ClientDirectory } from "./client-directory.ts";

export interface AuthenticateClientDeps {
  readonly clients: Pick<ClientDirectory, "find">;
  readonly audit: Pick<AuditStore, "record">;
  readonly clock: Clock;
}

export type AuthenticateClient = (credentials: ClientCredentials, cause: Cause) => Promise<Client>;

/** Compared with when there is nothing to compare with, so that an unknown client costs the same. */
const nobodysHash = hashOf("nobody's secret");

const longestClientId = 256;

/** @throws OAuthError invalid_client, after recording the failure */
export const authenticateClient =
  ({ clients, audit, clock }: AuthenticateClientDeps): AuthenticateClient =>
  async (credentials, cause) => {
    const known =
      credentials.clientId.length <= longestClientId
        ? await clients.find(credentials.clientId)
        : undefined;
    const client = known?.disabledAt ? undefined : known;
    const verdict = judge(credentials, client, clock.now());
    if (verdict.kind === "authenticated") return verdict.client;

    await audit.record({
      at: clock.now(),
      kind: "client.authentication-failed",
      actor: cause.actor,
      outcome: "refused",
      // What an unknown client called itself is not repeated: it may be a secret in the wrong place.
      ...(known ? { clientId: known.id } : {}),
      ...(cause.requestId === undefined ? {} : { requestId: cause.requestId }),
      reason: verdict.reason,
      details: { method: credentials.method },
    });
    throw invalidClient(verdict.description, { scheme: "Basic" });
  };

type Verdict =
  | { kind: "authenticated"; client: Client }
  | { kind: "refused"; reason: string; description: string };

const failed = "Client authentication failed";

/** Who the client is, or why it is not believed. The description tells a stranger nothing. */
function judge(
  { method, clientSecret }: ClientCredentials,
  client: Client | undefined,
  now: Date,
): Verdict {
  const secretMatches = clientSecret !== undefined && knowsSecret(client, clientSecret, now);
  if (!client)
    return { kind: "refused", reason: "unknown or disabled client", description: failed };
  const registered = client.tokenEndpointAuthMethod;
  const proven = method === "none" ? registered === "none" : secretMatches;
  if (!proven) return { kind: "refused", reason: "wrong or missing secret", description: failed };
  // Only whoever holds the secret is told which method to use (ASVS 10.4.10).
  if (method !== registered) {
    const description = `This client is registered to authenticate with ${registered}`;
    return { kind: "refused", reason: "not the registered method", description };
  }
  return { kind: "authenticated", client };
}

/** Every live secret is compared in full, whichever of them matches. */
function knowsSecret(client: Client | undefined, secret: string, now: Date): boolean {
  const live = client?.secrets.filter(({ expiresAt }) => !expiresAt || expiresAt > now) ?? [];
  const hashes = live.length > 0 ? live.map(({ hash }) => hash) : [nobodysHash];
  return hashes.map((hash) => matchesHash(secret, hash)).includes(true) && live.length > 0;
}
