// Whose pairwise subjects a client shares (OpenID Connect Core §8.1, Registration §5): the host of its
// redirect URIs, or of a sector_identifier_uri that vouches for every one of them.
import { z } from "zod";
import { invalidClientMetadata } from "../../protocol/oauth-error.ts";
import type { OutboundCall } from "../../sending/outbound-call.ts";
import type { ClientMetadata } from "./client-metadata.ts";

const RedirectUris = z.array(z.string()).max(1_000);

/**
 * The sector, as a host; undefined for a client with public subjects. What was fetched is judged and
 * forgotten, and nobody is shown it.
 * @throws OAuthError invalid_client_metadata
 */
export async function pairwiseSector(
  metadata: Pick<ClientMetadata, "subject_type" | "sector_identifier_uri" | "redirect_uris">,
  call: OutboundCall,
): Promise<string | undefined> {
  const { sector_identifier_uri: uri, redirect_uris: redirectUris } = metadata;
  // Looked at whatever the subject type is: a member that is wrong is not taken (Registration §5).
  if (uri !== undefined) await requireVouched(uri, redirectUris, call);
  if (metadata.subject_type !== "pairwise") return undefined;
  return new URL(uri ?? redirectUris[0] ?? "").host;
}

async function requireVouched(
  uri: string,
  redirectUris: readonly string[],
  call: OutboundCall,
): Promise<void> {
  const answer = await call(uri);
  if (answer.kind === "failed" || answer.status !== 200) throw refused("could not be fetched");
  const listed = urisOf(answer.body);
  if (!listed) throw refused("is not a JSON array of URIs");
  if (!redirectUris.every((one) => listed.includes(one)))
    throw refused("does not list every one of the redirect_uris");
}

function urisOf(body: string): string[] | undefined {
  try {
    return RedirectUris.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}

const refused = (problem: string) => invalidClientMetadata(`sector_identifier_uri ${problem}`);
