// Tokens as an attacker, or a careless issuer, would make them: any header, any payload text, any signature.
import { constants, createHmac, createPrivateKey, KeyObject, sign } from "node:crypto";
import type { SigningKey } from "./an-issuer.ts";

const encode = (text: string) => Buffer.from(text).toString("base64url");

/** A compact JWS over exactly these texts. */
export function compact(
  header: object,
  payload: object | string,
  signer: (input: string) => Buffer,
) {
  const claims = typeof payload === "string" ? payload : JSON.stringify(payload);
  const input = `${encode(JSON.stringify(header))}.${encode(claims)}`;
  return `${input}.${signer(input).toString("base64url")}`;
}

export const unsigned = () => Buffer.alloc(0);
export const hmac = (secret: string | Buffer) => (input: string) =>
  createHmac("sha256", secret).update(input).digest();

/** An RSA signature by an issuer's real key with another algorithm than RS256, or with it. */
export const rsa =
  (key: SigningKey, hash: "sha256" | "sha384" = "sha256", pss = false) =>
  (input: string) => {
    const privateKey = KeyObject.from(key.privateKey);
    return sign(hash, Buffer.from(input), {
      key: createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" })),
      ...(pss && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
    });
  };
