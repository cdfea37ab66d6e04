import { z } from "zod";
import { parseJson } from "./json.ts";

/** Bounds of security requirement Z2: past them an answer is not a key set, whatever it says. */
export const KEY_SET_MAX_BYTES = 64 * 1024;
const KEY_SET_MAX_KEYS = 20;

export const Kid = z.string().min(1).max(256);
const Base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);

/** A public RSA signing key (RFC 7517, RFC 7518 §6.3.1), reduced to the members that verification needs. */
const SigningKey = z.object({
  kty: z.literal("RSA"),
  kid: Kid,
  n: Base64url,
  e: Base64url,
  use: z.literal("sig").exactOptional(),
  alg: z.string().exactOptional(),
});
export type SigningKey = z.infer<typeof SigningKey>;

/** Names of published keys, each once. */
export const Kids = z.array(Kid).max(KEY_SET_MAX_KEYS);

/** What this kit takes for a key set: a few keys, no kid twice. */
export const KeySet = z
  .array(SigningKey)
  .min(1)
  .max(KEY_SET_MAX_KEYS)
  .refine((keys) => new Set(keys.map((key) => key.kid)).size === keys.length, "a kid occurs twice");

const Document = z.object({ keys: z.array(z.looseObject({})).min(1).max(KEY_SET_MAX_KEYS) });

/** What a site takes from a JWKS document. */
export interface PublishedKeys {
  keys: SigningKey[];
  /** The names of all keys in it, those that the site has no use for included. */
  kids: string[];
}

/**
 * The signing keys in a JWKS document, or undefined when it is no key set that a site should believe.
 * Keys for other algorithms or uses are passed over; nothing usable left means the answer is ignored.
 */
export function readKeySet(text: string, algorithms: readonly string[]): PublishedKeys | undefined {
  const document = Document.safeParse(parseJson(text));
  if (!document.success) return undefined;
  const usable = document.data.keys.flatMap((candidate) => {
    const key = SigningKey.safeParse(candidate);
    return key.success && (!key.data.alg || algorithms.includes(key.data.alg)) ? [key.data] : [];
  });
  const keys = KeySet.safeParse(usable).data;
  return keys && { keys, kids: kidsIn(document.data.keys) };
}

function kidsIn(candidates: readonly { kid?: unknown }[]): string[] {
  const kids = candidates.flatMap((candidate) => Kid.safeParse(candidate.kid).data ?? []);
  return [...new Set(kids)];
}
