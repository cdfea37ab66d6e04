import { CompactSign, type CryptoKey } from "jose";
import { accessTokens } from "../../../idp/tokens/access-token.ts";
import { idTokens } from "../../../idp/tokens/id-token.ts";
import { keySeal } from "../../../keys/key-seal.ts";
import { keyStore } from "../../../keys/key-store.ts";
import type { Database } from "../../../prisma/database.ts";
import { aKek, aKeyLifecycle, recordAudit } from "../../keys/a-key-lifecycle.ts";
import { openTestDatabase } from "../../support/databases.ts";
import { movableClock } from "../../support/movable-clock.ts";

export const ISSUER = "http://id.localhost:4000";
export const BANK = "http://bank.localhost:4001/api";
export const EVERGREEN = "http://retirement.localhost:4002/api";
export const TTL_SECONDS = 300;

export type TokenWorld = Awaited<ReturnType<typeof aTokenWorld>>;

/** The IdP's tokens over real keys, and an attacker who has stolen the use of them. */
export async function aTokenWorld() {
  const database = await openTestDatabase();
  const clock = movableClock();
  const keys = aKeyLifecycle(database, clock, {
    signingAlgs: ["RS256", "PS256", "ES256", "EdDSA"],
  });
  await keys.start();
  const { ring } = keys;
  const kid = ring.activeKid;
  const pkcs8 = await pkcs8Of(kid, database);
  const privateKeyFor = (name: string, hash: string) =>
    crypto.subtle.importKey("pkcs8", pkcs8, { name, hash }, false, ["sign"]);
  const privateKey = await privateKeyFor("RSASSA-PKCS1-v1_5", "SHA-256");
  const publicKey = ring.verificationKey(kid)?.key;
  if (publicKey === undefined) throw new Error("the active key is not published");
  const jwk: Record<string, string> = JSON.parse(ring.publication().body.toString()).keys[0];

  return {
    clock,
    keys,
    ring,
    kid,
    privateKey,
    /** The same key for another algorithm. */
    privateKeyFor,
    publicKey,
    jwk,
    access: accessTokens({
      issuer: ISSUER,
      ring,
      ttlSeconds: TTL_SECONDS,
      // Places are not shuffled here.
      statusOf: ({ statusNumber: idx }) => ({ idx, uri: `${ISSUER}/status-lists/0` }),
    }),
    id: idTokens({ issuer: ISSUER, ring, ttlSeconds: TTL_SECONDS }),
    /** Whatever header and payload, truly signed with the IdP's key. */
    signed: (payload: unknown, header: Record<string, unknown> = {}) =>
      signWith(privateKey, payload, { alg: "RS256", kid, typ: "at+jwt", ...header }),
  };
}

async function pkcs8Of(kid: string, database: Database): Promise<Uint8Array<ArrayBuffer>> {
  const { keys } = await keyStore(database, recordAudit).read();
  const key = keys.find((candidate) => candidate.kid === kid);
  if (key === undefined) throw new Error(`no key ${kid}`);
  return new Uint8Array(await keySeal([aKek()]).open(key, key));
}

export function signWith(
  key: CryptoKey | Uint8Array,
  payload: unknown,
  header: Record<string, unknown>,
): Promise<string> {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  // An extension that "crit" names must be one the signer claims to understand.
  const crit = Object.fromEntries(((header.crit as string[]) ?? []).map((name) => [name, true]));
  const signer = new CompactSign(new TextEncoder().encode(text));
  signer.setProtectedHeader({ alg: "RS256", ...header });
  return signer.sign(key, { crit });
}

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
