// What a client says of itself that informs people and decides nothing (RFC 7591 §2): kept in one JSON
// object, together with what only clients that registered themselves may say.
import { z } from "zod";

/** As the admin API tells it. */
export const ClientDescription = z.object({
  client_uri: z.string().optional(),
  logo_uri: z.string().optional(),
  policy_uri: z.string().optional(),
  tos_uri: z.string().optional(),
  contacts: z.array(z.string()).optional(),
  initiate_login_uri: z.string().optional(),
});

type Members = { readonly [Name in keyof z.input<typeof ClientDescription>]?: unknown };

const NAMES = ClientDescription.keyof().options;

export const clientDescription = (metadata: Readonly<Record<string, unknown>>) =>
  ClientDescription.catch({}).parse(metadata);

/** The metadata with what was said put in; null and an empty list take away. Nothing when nothing was. */
export function descriptionPatch(
  metadata: Readonly<Record<string, unknown>>,
  members: Members,
): { metadata?: Record<string, unknown> } {
  const said = NAMES.filter((name) => members[name] !== undefined);
  if (said.length === 0) return {};
  const together = {
    ...metadata,
    ...Object.fromEntries(said.map((name) => [name, members[name]])),
  };
  return {
    metadata: Object.fromEntries(
      Object.entries(together).filter(
        ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
      ),
    ),
  };
}
