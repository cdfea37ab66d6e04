// What somebody can do who got hold of the database and of the key-encryption key: sign as Signet does.
import { SignJWT } from "jose";
import { keySeal } from "../../keys/key-seal.ts";
import { localSealingKey } from "../../keys/local-sealing.ts";
import { openPrivateKey, publicMembersOf } from "../../keys/signing-key.ts";
import { TEST_KEK, type TestIdp } from "../support/an-idp.ts";

export interface StolenKey {
  readonly kid: string;
  sign(typ: string, claims: Record<string, unknown>): Promise<string>;
}

/** The key that signs now. */
export async function aStolenKey({ database }: Pick<TestIdp, "database">): Promise<StolenKey> {
  const row = await database.orm.signingKey.findFirst({
    where: { state: "active", alg: "RS256" },
  });
  if (row === null) throw new Error("there is no key to steal");
  const { kid, alg, kekId, sealedPrivate, publishedAt } = row;
  const seal = keySeal([localSealingKey(TEST_KEK)]);
  const publicJwk = publicMembersOf({ ...(row.publicJwk as object) });
  const key = { kid, alg, kekId, sealedPrivate, publishedAt, publicJwk, state: "active" } as const;
  const privateKey = await openPrivateKey(key, seal);
  return {
    kid,
    sign: (typ, claims) =>
      new SignJWT(claims).setProtectedHeader({ alg, typ, kid }).sign(privateKey),
  };
}
