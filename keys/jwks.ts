// The public keys as everybody sees them (RFC 7517 §5), made once per key set and served from memory.
import { createHash } from "node:crypto";
import { isPublished } from "./key-rules.ts";
import { type KeyState, publicMembersOf, type SigningKey } from "./signing-key.ts";

export interface JwksDocument {
  readonly body: Buffer;
  /** A strong validator: equal bodies, equal tags, on every replica. */
  readonly etag: string;
}

export function jwksDocument(keys: readonly SigningKey[]): JwksDocument {
  const published = keys.filter(isPublished).sort((a, b) => order(a.state) - order(b.state));
  const body = Buffer.from(JSON.stringify({ keys: published.map(publishedJwk) }));
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  return { body, etag };
}

/** Only kty, kid, use, alg and the public members of the kty (security T8). */
const publishedJwk = ({ kid, alg, publicJwk }: SigningKey) => ({
  ...publicMembersOf(publicJwk),
  kid,
  use: "sig",
  alg,
});

const ORDER: readonly KeyState[] = ["active", "pending", "retiring"];
const order = (state: KeyState) => ORDER.indexOf(state);
