import { createHash } from "node:crypto";
import { CompactEncrypt, compactDecrypt } from "jose";
import { parseJson } from "./json.ts";

/** Authenticated encryption of small values that a browser keeps for us. */
export interface Seal {
  seal(value: object): Promise<string>;
  /** What was sealed for this purpose; undefined for anything else, never an error. */
  open(sealed: string): Promise<unknown>;
}

const decoder = new TextDecoder();

/**
 * JWE with A256GCM (RFC 7516). The first key seals and every key opens, so keys can be replaced with nobody
 * signed out. `purpose` is authenticated too: a value sealed for one cookie means nothing in another.
 */
export function createSeal(keys: readonly Uint8Array[], purpose: string): Seal {
  const byId = new Map(keys.map((key) => [keyId(key), key]));
  const [first] = byId;
  if (!first) throw new Error("no key to seal with");
  const [kid, key] = first;
  return {
    seal: (value) =>
      new CompactEncrypt(Buffer.from(JSON.stringify(value)))
        .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid, typ: purpose })
        .encrypt(key),
    async open(sealed) {
      try {
        const { plaintext, protectedHeader } = await compactDecrypt(
          sealed,
          (header) => byId.get(header.kid ?? "") ?? Promise.reject(new Error("unknown key")),
          { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] },
        );
        return protectedHeader.typ === purpose ? parseJson(decoder.decode(plaintext)) : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

const keyId = (key: Uint8Array) => createHash("sha256").update(key).digest("base64url").slice(0, 8);
