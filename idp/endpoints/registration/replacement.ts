// What a replacement of a registration must and must not carry besides metadata (RFC 7592 §2.2).
import { matchesHash } from "../../protocol/credential.ts";
import { invalidClientMetadata } from "../../protocol/oauth-error.ts";
import type { Client } from "../../records/clients/client.ts";

const OURS_TO_SAY = [
  "registration_access_token",
  "registration_client_uri",
  "client_secret_expires_at",
  "client_id_issued_at",
] as const;

/** @throws OAuthError invalid_client_metadata naming the member */
export function requireReplacement(
  presented: Readonly<Record<string, unknown>>,
  client: Client,
  now: Date,
): void {
  const ours = OURS_TO_SAY.find((member) => Object.hasOwn(presented, member));
  if (ours !== undefined) throw invalidClientMetadata(`${ours} is not for the client to say`);
  if (presented.client_id !== client.id)
    throw invalidClientMetadata("client_id must be the one of this registration");
  // A client does not choose its secret; saying the current one is allowed.
  const secret = presented.client_secret;
  const isCurrent =
    typeof secret === "string" &&
    client.secrets.some(
      ({ hash, expiresAt }) => matchesHash(secret, hash) && (!expiresAt || expiresAt > now),
    );
  if (secret !== undefined && secret !== null && !isCurrent)
    throw invalidClientMetadata("client_secret is not the current one");
}
