// Client authentication (RFC 6749 §2.3, RFC 9700 §2.5): whether what a client says of itself is true,
// by the one method it is registered for.
import type { Clock } from "../../../prisma/clock.ts";
import type { ClientCredentials } from "../../protocol/client-credentials.ts";
import { hashOf, matchesHash } from "../../protocol/credential.ts";
import { invalidClient } from "../../protocol/oauth-error.ts";
import type { Cause } from "../audit/audit-event.ts";
import type { AuditStore } from "../audit/audit-store.ts";
import type { Client } from "./client.ts";
import {
  AssertionRefused,
  type AssertionRules,
  SignerUnknown,
  type VerifiedAssertion,
  verifyAssertion,
} from "./client-assertion.ts";
import type { ClientDirectory } from "./client-directory.ts";
import type { ClientKeys } from "./client-keys.ts";
import type { UsedJtiStore } from "./used-jti-store.ts";

export interface AuthenticateClientDeps {
  readonly clients: Pick<ClientDirectory, "find">;
  readonly keys: ClientKeys;
  readonly usedJtis: Pick<UsedJtiStore, "spend">;
  /** What an assertion's `aud` may be. */
  readonly audiences: readonly string[];
  readonly audit: Pick<AuditStore, "record">;
  readonly clock: Clock;
}

export type AuthenticateClient = (credentials: ClientCredentials, cause: Cause) => Promise<Client>;

/** Compared with when there is nothing to compare with, so that an unknown client costs the same. */
const nobodysHash = hashOf("nobody's secret");

const longestClientId = 256;

/** @throws OAuthError invalid_client, after recording the failure */
export const authenticateClient = (deps: AuthenticateClientDeps): AuthenticateClient => {
  const { clients, audit, clock } = deps;
  const proves = proofOf(deps);

  return async (credentials, cause) => {
    const known =
      credentials.clientId.length <= longestClientId
        ? await clients.find(credentials.clientId)
        : undefined;
    const client = known?.disabledAt ? undefined : known;
    const proof = await proves(credentials, client, clock.now());
    const verdict = judge(credentials, client, proof);
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
};

/** Whether the credentials are right by themselves, whatever the client is registered for; or why not. */
type Proof = "proven" | { readonly problem: string };

const proofOf =
  ({ keys, usedJtis, audiences }: AuthenticateClientDeps) =>
  async (credentials: ClientCredentials, client: Client | undefined, now: Date): Promise<Proof> => {
    if (credentials.method !== "private_key_jwt") return proofOfSecret(credentials, client, now);
    if (!client) return { problem: "no client to assert" };
    const rules = {
      clientId: client.id,
      audiences,
      alg: client.tokenEndpointAuthSigningAlg,
    };
    try {
      const { jti, expiresAt } = await verifyByKeys(
        credentials.assertion,
        client,
        rules,
        keys,
        now,
      );
      // Last of all: an assertion that is refused for anything else is not spent by it.
      if (await usedJtis.spend(client.id, jti, expiresAt)) return "proven";
      return { problem: "assertion used before" };
    } catch (error) {
      if (error instanceof AssertionRefused) return { problem: `assertion ${error.message}` };
      throw error;
    }
  };

/** By the keys we know, or by newer ones when the client may have moved on to them. */
async function verifyByKeys(
  assertion: string,
  client: Client,
  rules: AssertionRules,
  keys: ClientKeys,
  now: Date,
): Promise<VerifiedAssertion> {
  try {
    return await verifyAssertion(assertion, await keys.of(client), rules, now);
  } catch (error) {
    const newer = error instanceof SignerUnknown ? await keys.newer(client) : undefined;
    if (!newer) throw error;
    return verifyAssertion(assertion, newer, rules, now);
  }
}

function proofOfSecret(
  { method, clientSecret }: Exclude<ClientCredentials, { method: "private_key_jwt" }>,
  client: Client | undefined,
  now: Date,
): Proof {
  const secretMatches = clientSecret !== undefined && knowsSecret(client, clientSecret, now);
  const isProven = method === "none" ? client?.tokenEndpointAuthMethod === "none" : secretMatches;
  return isProven ? "proven" : { problem: "wrong or missing secret" };
}

type Verdict =
  | { kind: "authenticated"; client: Client }
  | { kind: "refused"; reason: string; description: string };

const failed = "Client authentication failed";

/** Who the client is, or why it is not believed. The description tells a stranger nothing. */
function judge({ method }: ClientCredentials, client: Client | undefined, proof: Proof): Verdict {
  if (!client)
    return { kind: "refused", reason: "unknown or disabled client", description: failed };
  if (proof !== "proven") return { kind: "refused", reason: proof.problem, description: failed };
  const registered = client.tokenEndpointAuthMethod;
  // Only whoever has proven to be the client is told which method to use (ASVS 10.4.10).
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
