const PART = /^[A-Za-z0-9_-]+$/;
const MAX_TOKEN_CHARACTERS = 8 * 1024;

/**
 * Whether a text is one compact JWS in its only spelling: three parts, unpadded base64url, no stray bits.
 * Decoders forgive padding and trailing bits, which would give one token several spellings (RFC 7515 §2).
 */
export function isCompactJws(token: string, maxCharacters = MAX_TOKEN_CHARACTERS): boolean {
  if (token.length > maxCharacters) return false;
  const parts = token.split(".");
  return parts.length === 3 && parts.every((part) => PART.test(part) && isCanonical(part));
}

const isCanonical = (part: string) => Buffer.from(part, "base64url").toString("base64url") === part;
