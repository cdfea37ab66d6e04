// The private halves of the signing keys, opened as nobody but Signet can, so that they can be looked
// for wherever something was written.
import { createPrivateKey } from "node:crypto";
import { keySeal } from "../../../keys/key-seal.ts";
import { localSealingKey } from "../../../keys/local-sealing.ts";
import type { Database } from "../../../prisma/database.ts";
import { TEST_KEK } from "../../support/an-idp.ts";

/** What the keys move to on the journey. */
export const NEXT_KEK = { id: "next", key: Buffer.alloc(32, 9) };

const seal = keySeal([TEST_KEK, NEXT_KEK].map(localSealingKey));

/** The secret numbers of every key that can sign now, by kid and member (RFC 7518 §6.3.2). */
export async function privateNumbers({ orm }: Database): Promise<Map<string, string>> {
  const rows = await orm.signingKey.findMany({ where: { sealedPrivate: { not: "" } } });
  const numbers = new Map<string, string>();
  for (const row of rows) {
    const der = await seal.open(row, row);
    const jwk = createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({
      format: "jwk",
    });
    for (const member of ["d", "p", "q", "dp", "dq", "qi"] as const) {
      const number = jwk[member];
      if (typeof number === "string") numbers.set(`${row.kid} ${member}`, number);
    }
  }
  return numbers;
}

/**
 * How such a number, or a key of bytes, might stand somewhere: as it is in a JWK, in hexadecimal, and
 * within the base64 of something larger, wherever in it.
 */
export function spellingsOfBytes(bytes: Buffer): string[] {
  const within = [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes]);
    return [shifted.toString("base64").slice(4, -4), shifted.toString("base64url").slice(4, -4)];
  });
  return [bytes.toString("hex"), bytes.toString("hex").toUpperCase(), ...within];
}
